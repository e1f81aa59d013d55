import type { LookupTable } from '@panther/platform/contract';
import { RefreshCw, Table2, Upload } from 'lucide-react';
import { useRef } from 'react';
import { Link } from 'react-router';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Dot, Tag } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { fileAsBase64 } from '../../components/file-as-base64.ts';
import { formatBytes, formatNumber } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { SectionNav } from '../detections/section-nav.tsx';
import styles from './lookup-tables.module.css';

export default function LookupTablesPage() {
  const tables = useApi('GET /lookup-tables', {}, { refetchInterval: 15_000 });
  return (
    <Page title="Lookup tables" lead="What events are enriched with: their values are in p_enrichment.">
      <SectionNav />
      <Card flush>
        <Loaded query={tables}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No lookup tables" icon={<Table2 aria-hidden />}>
                A lookup table is a detection file of the type lookup_table. Upload one, or install a pack that has
                some.
              </Empty>
            ) : (
              <TableOfTables tables={items} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

function TableOfTables({ tables }: { readonly tables: readonly LookupTable[] }) {
  const canChange = useCan('analyst');
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Lookup table</th>
          <th>Data</th>
          <th className={cx(table.number, table.hideSmall)}>Rows</th>
          <th className={table.hideMedium}>Log types and selectors</th>
          <th className={table.hideMedium}>Checked</th>
          {canChange && <HiddenHead />}
        </tr>
      </thead>
      <tbody>
        {tables.map((item) => (
          <tr key={item.id}>
            <td>
              <Link to={`/detections/${encodeURIComponent(item.id)}`} className={table.main}>
                {item.id}
              </Link>
              <span className={table.sub}>
                {item.description || (item.primaryKey === '' ? '' : `by ${item.primaryKey}`)}
              </span>
              {item.problem !== '' && <span className={styles.problem}>{item.problem}</span>}
            </td>
            <td>
              <State lookup={item} />
            </td>
            <td className={cx(table.number, table.hideSmall)}>{item.rows === null ? '–' : formatNumber(item.rows)}</td>
            <td className={table.hideMedium}>
              <span className={table.tags}>
                {item.logTypes.map(({ logType, selectors }) => (
                  <Tag key={logType} title={selectors.join(', ')}>
                    {logType}: {selectors.join(', ')}
                  </Tag>
                ))}
              </span>
            </td>
            <td className={cx(table.hideMedium, table.nowrap, table.dim)}>
              {item.checkedAt === null ? '–' : <Ago time={item.checkedAt} />}
            </td>
            {canChange && (
              <td className={table.actions}>
                <Actions lookup={item} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function State({ lookup }: { readonly lookup: LookupTable }) {
  const { enabled, data, fileName, sizeBytes, loadedAt, problem } = lookup;
  return (
    <>
      {enabled ? (
        <Dot tone={problem !== '' ? 'bad' : data === 'none' ? 'warn' : 'good'}>
          {problem !== '' ? 'Not fetched' : data === 'none' ? 'No data yet' : 'In use'}
        </Dot>
      ) : (
        <Dot tone="info">Disabled</Dot>
      )}
      {data !== 'none' && (
        <span className={table.sub}>
          {fileName} {formatBytes(sizeBytes)}
          {loadedAt !== null && (
            <>
              , <Ago time={loadedAt} />
            </>
          )}
        </span>
      )}
    </>
  );
}

const STALE = { invalidates: ['GET /lookup-tables'] } as const;

function Actions({ lookup: { id } }: { readonly lookup: LookupTable }) {
  const file = useRef<HTMLInputElement>(null);
  const refresh = useCommand('POST /lookup-tables/:id/refresh', { ...STALE, done: `${id} is fetched shortly.` });
  const upload = useCommand('PUT /lookup-tables/:id/data', { ...STALE, done: `The data of ${id} is replaced.` });
  async function send(chosen: File | undefined) {
    if (chosen === undefined) return;
    upload.mutate({ params: { id }, body: { fileName: chosen.name, data: await fileAsBase64(chosen) } });
  }
  return (
    <span className={styles.actions}>
      <Button
        small
        icon={<RefreshCw aria-hidden />}
        aria-label={`Refresh ${id}`}
        busy={refresh.isPending}
        onClick={() => refresh.mutate({ params: { id } })}
      >
        Refresh
      </Button>
      <input
        ref={file}
        type="file"
        hidden
        aria-label={`Data of ${id}`}
        accept=".csv,.json,.jsonl,.ndjson,.mmdb,.gz"
        onChange={(event) => {
          void send(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      <Button
        small
        icon={<Upload aria-hidden />}
        aria-label={`Upload data of ${id}`}
        busy={upload.isPending}
        onClick={() => file.current?.click()}
      >
        Upload
      </Button>
    </span>
  );
}
