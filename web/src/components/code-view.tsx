/** Code to read: loaded only where it is shown. */
import { lazy, Suspense } from 'react';
import styles from './code-view.module.css';
import { Skeleton } from './states.tsx';

export type CodeLanguage = 'python' | 'typescript' | 'yaml' | 'json' | 'sql' | 'text';

interface CodeViewProps {
  readonly code: string;
  readonly language: CodeLanguage;
  readonly label: string;
}

const CodeMirrorView = lazy(() => import('./code-mirror-view.tsx'));

export function CodeView(props: CodeViewProps) {
  return (
    <div className={styles.frame}>
      <Suspense fallback={<Skeleton lines={8} />}>
        <CodeMirrorView {...props} />
      </Suspense>
    </div>
  );
}
