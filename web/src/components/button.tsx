import { LoaderCircle } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { Link } from 'react-router';
import styles from './button.module.css';
import { cx } from './cx.ts';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: Look;
  readonly small?: boolean;
  readonly icon?: ReactNode;
  /** Shows that the work is under way, and refuses another press. */
  readonly busy?: boolean;
}

export function Button({ look = 'plain', small, icon, busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      className={cx(styles.button, styles[look], small && styles.small, className)}
    >
      {busy ? <LoaderCircle aria-hidden className={styles.spin} /> : icon}
      {children}
    </button>
  );
}

/** A button with only an icon; `label` is its name for everybody. */
export function IconButton({ label, children, className, ...rest }: ComponentProps<'button'> & { label: string }) {
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={cx(styles.iconButton, className)}>
      {children}
    </button>
  );
}

interface ButtonLinkProps extends ComponentProps<typeof Link> {
  readonly look?: Look;
  readonly small?: boolean;
  readonly icon?: ReactNode;
}

/** A link that looks like a button. */
export function ButtonLink({ look = 'plain', small, icon, className, children, ...rest }: ButtonLinkProps) {
  return (
    <Link {...rest} className={cx(styles.button, styles[look], small && styles.small, className)}>
      {icon}
      {children}
    </Link>
  );
}
