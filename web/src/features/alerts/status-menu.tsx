import { ChevronDown } from 'lucide-react';
import { useCan } from '../../api/session.tsx';
import { ALERT_STATUSES, type AlertStatus, StatusBadge, sentence } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { Menu, MenuItem } from '../../components/menu.tsx';
import styles from './alerts.module.css';

interface StatusMenuProps {
  readonly status: AlertStatus;
  readonly onChange: (status: AlertStatus) => void;
  readonly busy?: boolean;
  /** With a border, where it stands alone. */
  readonly boxed?: boolean;
}

/** The status of an alert; for those who may, a menu that changes it. */
export function StatusMenu({ status, onChange, busy, boxed }: StatusMenuProps) {
  const canChange = useCan('analyst');
  if (!canChange) return <StatusBadge status={status} />;
  return (
    <Menu
      trigger={
        <button
          type="button"
          className={cx(styles.statusButton, boxed && styles.boxed)}
          disabled={busy}
          aria-label={`Status: ${sentence(status)}. Change`}
        >
          <StatusBadge status={status} />
          <ChevronDown aria-hidden />
        </button>
      }
    >
      {ALERT_STATUSES.map((choice) => (
        <MenuItem key={choice} disabled={choice === status} onSelect={() => onChange(choice)}>
          <StatusBadge status={choice} />
        </MenuItem>
      ))}
    </Menu>
  );
}

/** The buttons over a list with chosen alerts. */
export function BulkStatus({
  onChange,
  busy,
}: {
  readonly onChange: (status: AlertStatus) => void;
  readonly busy: boolean;
}) {
  return (
    <Menu
      trigger={
        <Button small look="primary" busy={busy}>
          Set status <ChevronDown aria-hidden />
        </Button>
      }
    >
      {ALERT_STATUSES.map((choice) => (
        <MenuItem key={choice} onSelect={() => onChange(choice)}>
          <StatusBadge status={choice} />
        </MenuItem>
      ))}
    </Menu>
  );
}
