import type { AlertSummary } from '@panther/platform/contract';
import type { ReactNode } from 'react';
import styles from './badge.module.css';
import { cx } from './cx.ts';

export type Severity = AlertSummary['severity'];
export type AlertStatus = AlertSummary['status'];
type Tone = 'good' | 'warn' | 'bad' | 'info' | 'low';

/** Most severe first. */
export const SEVERITIES: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'];
export const ALERT_STATUSES: readonly AlertStatus[] = ['OPEN', 'TRIAGED', 'CLOSED', 'RESOLVED'];

/** `CRITICAL` → `Critical`, `RULE_ERROR` → `Rule error`. */
export function sentence(constant: string): string {
  const text = constant.toLowerCase().replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  return <span className={cx(styles.badge, styles[severity.toLowerCase()])}>{sentence(severity)}</span>;
}

const STATUS_TONES: Readonly<Record<AlertStatus, Tone>> = {
  OPEN: 'low',
  TRIAGED: 'warn',
  CLOSED: 'info',
  RESOLVED: 'good',
};

export function StatusBadge({ status }: { readonly status: AlertStatus }) {
  return <Dot tone={STATUS_TONES[status]}>{sentence(status)}</Dot>;
}

/** Text behind a coloured dot. */
export function Dot({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles.dotted}>
      <span aria-hidden className={cx(styles.dot, styles[`${tone}Dot`])} />
      {children}
    </span>
  );
}

export function Badge({ tone = 'info', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={cx(styles.badge, styles[tone])}>{children}</span>;
}

/** A name from logs or content: log type, tag. */
export function Tag({ children, title }: { readonly children: ReactNode; readonly title?: string }) {
  return (
    <span className={styles.tag} title={title}>
      {children}
    </span>
  );
}
