import type { LakeSchema, QueryResult } from '@panther/platform/contract';
import { ChevronDown, Download, SquareTerminal, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { type ApiFailure, download, failureMessage } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { formatDuration, plural } from '../../components/format.ts';
import { unpackedJson, withoutNulls } from '../../components/json-text.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { Empty, Skeleton } from '../../components/states.tsx';
import { useNotify } from '../../components/toasts.tsx';
import { exampleQueries } from './examples.ts';
import { ResultTable } from './result-table.tsx';
import styles from './search.module.css';

interface ResultPaneProps {
  readonly sql: string;
  readonly result: QueryResult | undefined;
  readonly failure: ApiFailure | null;
  readonly isRunning: boolean;
  readonly onExample: (sql: string) => void;
  readonly schema: LakeSchema | undefined;
}

export function ResultPane({ sql, result, failure, isRunning, onExample, schema }: ResultPaneProps) {
  if (isRunning) return <Frame>{<Skeleton lines={8} />}</Frame>;
  if (failure !== null) return <QueryError failure={failure} />;
  if (result === undefined) return <Examples schema={schema} onExample={onExample} />;
  return <Result sql={sql} result={result} />;
}

function Frame({ children }: { readonly children: React.ReactNode }) {
  return <section className={styles.resultCard}>{children}</section>;
}

function QueryError({ failure }: { readonly failure: ApiFailure }) {
  return (
    <section className={styles.error} role="alert">
      <TriangleAlert aria-hidden />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <pre tabIndex={0}>{failure.message}</pre>
    </section>
  );
}

interface ExamplesProps {
  readonly schema: LakeSchema | undefined;
  readonly onExample: (sql: string) => void;
}

function Examples({ schema, onExample }: ExamplesProps) {
  return (
    <Frame>
      <Empty title="Ask the lake" icon={<SquareTerminal aria-hidden />}>
        Every log type is a table in panther_logs; panther_views.all_logs has the standard fields of all of them. Start
        from an example:
      </Empty>
      <ul className={styles.examples}>
        {exampleQueries(schema).map((example) => (
          <li key={example.title}>
            <button type="button" className={styles.example} onClick={() => onExample(example.sql)}>
              <strong>{example.title}</strong>
              <code>{example.sql.replaceAll('\n', ' ')}</code>
            </button>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

function Result({ sql, result }: { readonly sql: string; readonly result: QueryResult }) {
  const [opened, setOpened] = useState<number>();
  const { elapsedMs, rowCount } = result.stats;
  return (
    <Frame>
      <header className={styles.resultHead} aria-live="polite">
        <span>
          <strong>{plural(rowCount, 'row')}</strong> in {formatDuration(elapsedMs)}
        </span>
        {result.truncated && (
          <span className={styles.truncated}>There are more rows; the download has all of them.</span>
        )}
        <span className={styles.spacer} />
        <DownloadMenu sql={sql} />
      </header>
      {result.rows.length === 0 ? (
        <Empty title="No rows">Nothing in the lake meets the conditions.</Empty>
      ) : (
        <ResultTable result={result} onOpen={setOpened} />
      )}
      {opened !== undefined && <RowDialog result={result} row={opened} onClose={() => setOpened(undefined)} />}
    </Frame>
  );
}

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['parquet', 'Parquet'],
] as const;

function DownloadMenu({ sql }: { readonly sql: string }) {
  const notify = useNotify();
  const [busy, setBusy] = useState(false);
  async function save(format: 'csv' | 'json' | 'parquet') {
    setBusy(true);
    try {
      saveFile(await download('POST /query/export', { query: { format }, body: { sql } }), `panther-query.${format}`);
    } catch (error) {
      notify.failed(failureMessage(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Menu
      trigger={
        <Button small busy={busy} icon={<Download aria-hidden />}>
          Download <ChevronDown aria-hidden />
        </Button>
      }
    >
      {FORMATS.map(([format, label]) => (
        <MenuItem key={format} onSelect={() => void save(format)}>
          All rows as {label}
        </MenuItem>
      ))}
    </Menu>
  );
}

function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

interface RowDialogProps {
  readonly result: QueryResult;
  readonly row: number;
  readonly onClose: () => void;
}

function RowDialog({ result, row, onClose }: RowDialogProps) {
  const values = result.rows[row] ?? [];
  const record = Object.fromEntries(result.columns.map(({ name }, index) => [name, unpackedJson(values[index])]));
  return (
    <Dialog open wide onClose={onClose} title={`Row ${row + 1}`}>
      <div className={styles.rowTools}>
        <CopyButton text={JSON.stringify(record, null, 2)} label="Copy row as JSON" />
      </div>
      <JsonView value={withoutNulls(record)} depth={2} />
    </Dialog>
  );
}
