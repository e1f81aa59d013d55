/** The frame of every page for somebody who is signed in. */
import { Menu as MenuIcon, Search, X } from 'lucide-react';
import { Suspense, useEffect, useRef, useState } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { useApi } from '../api/hooks.ts';
import { useSession } from '../api/session.tsx';
import { IconButton } from '../components/button.tsx';
import { cx } from '../components/cx.ts';
import { formatCompact } from '../components/format.ts';
import { Skeleton } from '../components/states.tsx';
import { CommandPalette } from './command-palette.tsx';
import { Mark } from './mark.tsx';
import { NAVIGATION } from './navigation.ts';
import { PageBoundary } from './page-boundary.tsx';
import styles from './shell.module.css';
import { UserMenu } from './user-menu.tsx';

const OPEN_ALERTS = { query: { status: ['OPEN' as const], limit: 1 } };

export function Shell() {
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page changes
  useEffect(() => setOpen(false), [pathname]);
  useFocusOnPage(pathname);
  usePaletteKey(() => setPalette(true));
  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <div className={cx(styles.sidebar, open && styles.open)}>
        <div className={styles.brand}>
          <NavLink to="/" className={cx(styles.brandLink)}>
            <Mark />
            <span className={styles.brandText}>Panther</span>
          </NavLink>
          <IconButton
            label={open ? 'Close menu' : 'Open menu'}
            aria-expanded={open}
            className={styles.burger}
            onClick={() => setOpen(!open)}
          >
            {open ? <X aria-hidden /> : <MenuIcon aria-hidden />}
          </IconButton>
        </div>
        <div className={styles.drawer}>
          <button type="button" className={styles.paletteButton} onClick={() => setPalette(true)}>
            <Search aria-hidden />
            <span>Go to…</span>
            <kbd>Ctrl K</kbd>
          </button>
          <Navigation />
          <UserMenu />
        </div>
      </div>
      <main id="content" className={styles.main} tabIndex={-1}>
        <PageBoundary page={pathname}>
          <Suspense fallback={<Skeleton lines={10} />}>
            <Outlet />
          </Suspense>
        </PageBoundary>
      </main>
      <CommandPalette open={palette} onClose={() => setPalette(false)} />
    </div>
  );
}

function Navigation() {
  const { organizationName } = useSession();
  const openAlerts = useApi('GET /alerts', OPEN_ALERTS, { refetchInterval: 30_000 });
  return (
    <nav aria-label="Main" className={styles.nav}>
      {organizationName !== '' && organizationName !== 'Panther' && (
        <div className={styles.organization}>{organizationName}</div>
      )}
      {NAVIGATION.map(({ to, label, icon: Icon }) => (
        <NavLink key={to} to={to} end={to === '/'} className={cx(styles.navLink)}>
          <Icon aria-hidden />
          <span>{label}</span>
          {to === '/alerts' && (openAlerts.data?.total ?? 0) > 0 && (
            <span className={styles.count}>
              {formatCompact(openAlerts.data?.total ?? 0)}
              <span className={styles.hidden}> open</span>
            </span>
          )}
        </NavLink>
      ))}
    </nav>
  );
}

/** After going to another page the keyboard starts at its content, and its title is read out. */
function useFocusOnPage(pathname: string): void {
  const section = pathname.startsWith('/settings') ? '/settings' : pathname;
  const before = useRef(section);
  useEffect(() => {
    if (before.current === section) return;
    before.current = section;
    document.getElementById('content')?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [section]);
}

function usePaletteKey(open: () => void): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      open();
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
