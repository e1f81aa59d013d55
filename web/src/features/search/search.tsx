import type { QueryResult } from '@panther/platform/contract';
import { useMutation } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { ApiFailure, call } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { Page } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Skeleton } from '../../components/states.tsx';
import { useUrlState } from '../../components/url-state.ts';
import { problemOf } from './problem.ts';
import { forgetHistory, readHistory, remember } from './query-history.ts';
import { ResultPane } from './result-pane.tsx';
import styles from './search.module.css';
import { SidePanel } from './side-panel.tsx';

const SqlEditor = lazy(() => import('./sql-editor.tsx'));

const LIMITS = ['100', '1000', '5000', '10000'].map((value) => ({
  value,
  label: `${Number(value).toLocaleString('en-US')} rows`,
}));

export default function SearchPage() {
  const url = useUrlState();
  const schema = useApi('GET /query/schema', {}, { staleTime: 30_000 });
  const [sql, setSql] = useState(url.text('sql'));
  const [maxRows, setMaxRows] = useState('1000');
  const [history, setHistory] = useState(readHistory);
  const query = useQueryRun();
  const run = (text: string) => {
    if (text.trim() === '') return;
    setSql(text);
    setHistory(remember(text, new Date().toISOString()));
    query.run(text, Number(maxRows));
    url.set({ sql: text });
  };
  useRunOnOpen(url.text('sql'), run);
  const failure = query.error;
  const problem = failure === null || query.sql !== sql ? undefined : problemOf(failure.message, sql);
  return (
    <Page title="Search" lead="SQL over every event, match and error in the lake. Queries only read.">
      <div className={styles.layout}>
        <div className={styles.work}>
          <section className={styles.editorCard} aria-label="Query">
            <Suspense fallback={<Skeleton lines={4} />}>
              <SqlEditor value={sql} onChange={setSql} onRun={() => run(sql)} schema={schema.data} problem={problem} />
            </Suspense>
            <div className={styles.toolbar}>
              <Button
                look="primary"
                icon={<Play aria-hidden />}
                disabled={sql.trim() === '' || query.isRunning}
                onClick={() => run(sql)}
              >
                Run
              </Button>
              {query.isRunning && <Button onClick={query.cancel}>Cancel</Button>}
              <span className={styles.hint}>
                <kbd>Ctrl</kbd> <kbd>Enter</kbd>
              </span>
              <span className={styles.spacer} />
              <PickOne
                small
                label="Rows at most"
                prefix="At most"
                options={LIMITS}
                value={maxRows}
                onChange={setMaxRows}
              />
            </div>
          </section>
          <ResultPane
            key={query.runs}
            sql={query.sql}
            result={query.result}
            failure={failure}
            isRunning={query.isRunning}
            onExample={run}
            schema={schema.data}
          />
        </div>
        <SidePanel schema={schema} history={history} onUse={setSql} onForget={() => setHistory(forgetHistory())} />
      </div>
    </Page>
  );
}

/** A query that is in the address when the page opens, such as from an alert's event, is run once. */
function useRunOnOpen(sql: string, run: (sql: string) => void): void {
  const waiting = useRef(sql);
  useEffect(() => {
    const start = waiting.current;
    waiting.current = '';
    if (start !== '') run(start);
  }, [run]);
}

interface Run {
  readonly sql: string;
  readonly maxRows: number;
}

/** Runs one query at a time; a new one takes the place of the one before. */
function useQueryRun() {
  const abort = useRef<AbortController>(undefined);
  const [runs, setRuns] = useState(0);
  const mutation = useMutation<QueryResult, Error, Run>({
    mutationFn: ({ sql, maxRows }) => {
      abort.current?.abort();
      abort.current = new AbortController();
      return call('POST /query', { body: { sql, maxRows } }, abort.current.signal);
    },
    onSettled: () => setRuns((count) => count + 1),
  });
  useEffect(() => () => abort.current?.abort(), []);
  return {
    runs,
    sql: mutation.variables?.sql ?? '',
    result: mutation.data,
    error: mutation.error instanceof ApiFailure ? mutation.error : null,
    isRunning: mutation.isPending,
    run: (sql: string, maxRows: number) => mutation.mutate({ sql, maxRows }),
    cancel: () => abort.current?.abort(),
  };
}
