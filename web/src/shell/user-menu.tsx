import { useQueryClient } from '@tanstack/react-query';
import { KeyRound, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useCommand } from '../api/hooks.ts';
import { replaceSession, useSession } from '../api/session.tsx';
import { Menu, MenuItem, MenuNote, MenuSeparator } from '../components/menu.tsx';
import styles from './shell.module.css';
import { setTheme, type Theme, useTheme } from './theme.ts';

const THEMES: readonly { readonly theme: Theme; readonly label: string; readonly icon: typeof Sun }[] = [
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
  { theme: 'system', label: 'Like the system', icon: Monitor },
];

export function UserMenu() {
  const { actor } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const theme = useTheme();
  const signOut = useCommand('DELETE /session');
  return (
    <div className={styles.user}>
      <Menu
        trigger={
          <button type="button" className={styles.userButton}>
            <span aria-hidden className={styles.avatar}>
              {initials(actor.name)}
            </span>
            <span className={styles.userText}>
              <span className={styles.userName}>{actor.name}</span>
              <span className={styles.userRole}>{actor.role}</span>
            </span>
          </button>
        }
      >
        <MenuNote>
          <strong>{actor.name}</strong>
          {actor.email}
        </MenuNote>
        <MenuItem icon={<KeyRound aria-hidden />} onSelect={() => navigate('/settings/profile')}>
          Profile and password
        </MenuItem>
        <MenuSeparator />
        {THEMES.map(({ theme: choice, label, icon: Icon }) => (
          <MenuItem key={choice} icon={<Icon aria-hidden />} onSelect={() => setTheme(choice)}>
            {label}
            {theme === choice && ' ✓'}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem
          icon={<LogOut aria-hidden />}
          onSelect={() => signOut.mutate({}, { onSuccess: () => replaceSession(client, null) })}
        >
          Sign out
        </MenuItem>
      </Menu>
    </div>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.charAt(0).toUpperCase() ?? '')
    .join('');
}
