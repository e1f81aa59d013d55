import type { DetectionDetail, TestRun } from '@panther/platform/contract';
import { CircleCheck, CircleX, Play } from 'lucide-react';
import { useState } from 'react';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { formatDuration, plural } from '../../components/format.ts';
import { unpackedJson } from '../../components/json-text.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Card } from '../../components/page.tsx';
import { Printed } from '../../components/printed.tsx';
import { Empty } from '../../components/states.tsx';
import styles from './detections.module.css';

type Result = TestRun['results'][number];

export function DetectionTests({ detection }: { readonly detection: DetectionDetail }) {
  const canRun = useCan('analyst');
  const run = useCommand('POST /detections/:id/test');
  const resultOf = (name: string) => run.data?.results.find((result) => result.name === name);
  return (
    <Card
      title={
        run.data === undefined
          ? plural(detection.tests.length, 'test')
          : `${run.data.passed} passed, ${run.data.failed} failed`
      }
      aside={
        canRun && (
          <Button
            small
            look="primary"
            icon={<Play aria-hidden />}
            busy={run.isPending}
            disabled={detection.tests.length === 0}
            onClick={() => run.mutate({ params: { id: detection.id }, body: {} })}
          >
            Run tests
          </Button>
        )
      }
      flush
    >
      {detection.tests.length === 0 && (
        <Empty title="No tests">Tests stand in the detection’s specification, beside its settings.</Empty>
      )}
      {detection.tests.map((test) => (
        <TestItem
          key={test.name}
          name={test.name}
          expected={test.expectedResult}
          log={test.log}
          result={resultOf(test.name)}
        />
      ))}
    </Card>
  );
}

interface TestItemProps {
  readonly name: string;
  readonly expected: boolean;
  readonly log: unknown;
  readonly result: Result | undefined;
}

function TestItem({ name, expected, log, result }: TestItemProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.test}>
      <button type="button" className={styles.testHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Mark result={result} />
        <span className={styles.testName}>{name}</span>
        <span className={styles.text}>{expected ? 'should match' : 'should not match'}</span>
        {result !== undefined && <span className={styles.text}>{formatDuration(result.durationMs)}</span>}
      </button>
      {result?.error !== undefined && result?.error !== null && <pre className={styles.error}>{result.error}</pre>}
      {open && (
        <div className={styles.testBody}>
          {result !== undefined && Object.keys(result.outputs).length > 0 && (
            <section>
              <h3>What the alert would say</h3>
              <JsonView value={unpackedOutputs(result.outputs)} depth={2} />
            </section>
          )}
          <Printed text={result?.output ?? ''} />
          <section>
            <h3>Event</h3>
            <JsonView value={log} depth={1} />
          </section>
        </div>
      )}
    </div>
  );
}

function Mark({ result }: { readonly result: Result | undefined }) {
  if (result === undefined) return <Badge>Not run</Badge>;
  return result.passed ? (
    <span className={styles.passed}>
      <CircleCheck aria-hidden /> Passed
    </span>
  ) : (
    <span className={styles.failed}>
      <CircleX aria-hidden /> Failed
    </span>
  );
}

/** `alert_context` comes as text of JSON. */
function unpackedOutputs(outputs: Result['outputs']): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, unpackedJson(value)]));
}
