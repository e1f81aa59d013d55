import { NavLink } from 'react-router';
import styles from './section-nav.module.css';

const PAGES = [
  { to: '/detections', label: 'All detections' },
  { to: '/detections/packs', label: 'Packs' },
  { to: '/detections/coverage', label: 'Coverage' },
  { to: '/detections/schedules', label: 'Schedules' },
  { to: '/detections/lookup-tables', label: 'Lookup tables' },
] as const;

/** The pages about detections, below each one's title. */
export function SectionNav() {
  return (
    <nav aria-label="Detections" className={styles.nav}>
      {PAGES.map(({ to, label }) => (
        <NavLink key={to} to={to} end className={styles.link ?? ''}>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
