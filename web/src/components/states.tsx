/** What stands where the content is not: it loads, there is none, or it failed. */
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { failureMessage } from '../api/client.ts';
import { Button } from './button.tsx';
import styles from './states.module.css';

interface EmptyProps {
  readonly title: string;
  /** What to do next. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly icon?: ReactNode;
}

export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <div className={styles.state}>
      {icon !== undefined && <div className={styles.icon}>{icon}</div>}
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {action}
    </div>
  );
}

export function Failed({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  return (
    <div className={styles.state} role="alert">
      <div className={styles.icon}>
        <TriangleAlert aria-hidden />
      </div>
      <p className={styles.title}>This could not be loaded</p>
      <p className={styles.text}>{failureMessage(error)}</p>
      {retry !== undefined && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** Grey lines in the place of content that is on its way. */
export function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
        <span key={index} className={styles.line} style={{ width: `${92 - ((index * 17) % 45)}%` }} />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  readonly query: {
    readonly data: T | undefined;
    readonly error: unknown;
    readonly isPending: boolean;
    readonly refetch: () => unknown;
  };
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}

/** The content once it is there; till then a skeleton, or why it is not there. */
export function Loaded<T>({ query, lines, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <Skeleton {...(lines === undefined ? {} : { lines })} />;
  return <Failed error={query.error} retry={() => void query.refetch()} />;
}
