/** What differs between two texts: loaded only where it is shown. */
import { lazy, Suspense } from 'react';
import styles from './code-view.module.css';
import type { CodeLanguage } from './code-view.tsx';
import { Skeleton } from './states.tsx';

export interface DiffProps {
  readonly before: string;
  readonly after: string;
  readonly language: CodeLanguage;
  readonly label: string;
  /** Side by side; one below the other unless given. */
  readonly split?: boolean;
}

const MergeView = lazy(() => import('./merge-view.tsx'));

export function DiffView(props: DiffProps) {
  if (props.before === props.after) return <p className={styles.same}>No difference.</p>;
  return (
    <div className={styles.frame}>
      <Suspense fallback={<Skeleton lines={8} />}>
        <MergeView {...props} />
      </Suspense>
    </div>
  );
}
