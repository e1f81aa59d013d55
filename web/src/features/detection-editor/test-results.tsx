import type { TestRun } from '@panther/platform/contract';
import { CircleCheck, CircleX } from 'lucide-react';
import { formatDuration } from '../../components/format.ts';
import { unpackedJson } from '../../components/json-text.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Printed } from '../../components/printed.tsx';
import { Empty } from '../../components/states.tsx';
import detectionStyles from '../detections/detections.module.css';
import styles from './editor.module.css';

type TestResult = TestRun['results'][number];

/** What the tests gave: expected and actual, outputs, what was printed. */
export function TestResults({ results }: { readonly results: readonly TestResult[] | undefined }) {
  if (results === undefined) return <Empty title="Not run yet">Ctrl+Enter runs the tests of the specification.</Empty>;
  if (results.length === 0) return <Empty title="No tests">Add some to the specification, below Tests.</Empty>;
  return (
    <ul className={styles.results}>
      {results.map((result) => (
        <li key={result.name}>
          <details open={!result.passed}>
            <summary>
              <Mark passed={result.passed} />
              <span className={styles.testName}>{result.name}</span>
              <span className={styles.dim}>{formatDuration(result.durationMs)}</span>
            </summary>
            <TestDetails result={result} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function Mark({ passed }: { readonly passed: boolean }) {
  return passed ? (
    <span className={detectionStyles.passed}>
      <CircleCheck aria-hidden /> Passed
    </span>
  ) : (
    <span className={detectionStyles.failed}>
      <CircleX aria-hidden /> Failed
    </span>
  );
}

function TestDetails({ result }: { readonly result: TestResult }) {
  const { passed, expectedResult, actualResult, error, outputs, output } = result;
  const hasOutputs = Object.keys(outputs).length > 0;
  return (
    <div className={styles.details}>
      {!passed && (
        <p className={styles.compare}>
          <span>expected: {verdict(expectedResult)}</span>
          <span>actual: {actualResult === null ? 'it failed' : verdict(actualResult)}</span>
        </p>
      )}
      {error !== null && <pre className={styles.error}>{error}</pre>}
      {hasOutputs && (
        <section>
          <h3>What the alert would say</h3>
          <JsonView
            value={Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, unpackedJson(value)]))}
            depth={2}
          />
        </section>
      )}
      <Printed text={output} />
      {passed && !hasOutputs && error === null && <p className={styles.dim}>It does not match, as expected.</p>}
    </div>
  );
}

function verdict(matches: boolean): string {
  return matches ? 'match' : 'no match';
}
