import type { KeptRecord, Source } from '@panther/platform/contract';
import { RotateCcw } from 'lucide-react';
import { useApiPages, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { formatBytes, formatNumber, plural } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import styles from './sources.module.css';

type Kind = KeptRecord['kind'];

const TITLES: Readonly<Record<Kind, string>> = { quarantined: 'Quarantined records', rejected: 'Rejected records' };

const LEADS: Readonly<Record<Kind, string>> = {
  quarantined:
    'No log type of the source accepts these records. Add the right log type or mend its schema, then process them again.',
  rejected: 'These records break a limit or cannot be read. They are kept as they came.',
};

interface KeptRecordsProps {
  readonly source: Source;
  readonly kind: Kind;
}

export function KeptRecords({ source, kind }: KeptRecordsProps) {
  const canReprocess = useCan('analyst') && kind === 'quarantined';
  const pages = useApiPages('GET /sources/:id/kept', { params: { id: source.id }, query: { kind, limit: 20 } });
  const records = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const isOpen = records.some(({ reprocessedAt }) => reprocessedAt === null);
  return (
    <Card title={TITLES[kind]} aside={canReprocess && isOpen && <Reprocess source={source} />} flush>
      <Loaded query={pages} lines={5}>
        {() => (
          <>
            {records.length === 0 && (
              <Empty title={`No ${kind} records`}>Every record of this source has found its place.</Empty>
            )}
            {records.length > 0 && <p className={styles.lead}>{LEADS[kind]}</p>}
            {records.map((record) => (
              <Kept key={`${record.objectKey} ${record.position} ${record.kind}`} record={record} />
            ))}
            {pages.hasNextPage && (
              <div className={styles.kept}>
                <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Reprocess({ source }: { readonly source: Source }) {
  const reprocess = useCommand('POST /sources/:id/reprocess', {
    invalidates: ['GET /sources/:id', 'GET /sources/:id/kept', 'GET /sources', 'GET /overview'],
    done: ({ records }) => `${plural(records, 'record')} on the way through the pipeline again.`,
  });
  return (
    <Button
      small
      icon={<RotateCcw aria-hidden />}
      busy={reprocess.isPending}
      onClick={() => reprocess.mutate({ params: { id: source.id }, body: {} })}
    >
      Process again
    </Button>
  );
}

function Kept({ record }: { readonly record: KeptRecord }) {
  return (
    <article className={styles.kept}>
      <div className={styles.keptHead}>
        <span className={styles.keptReason}>{upperFirst(record.reason)}</span>
        {record.reprocessedAt !== null && <Badge tone="good">Stored since</Badge>}
      </div>
      <div className={styles.keptHead}>
        <span className={styles.keptWhere}>
          {record.file}
          {record.line !== null && `, line ${formatNumber(record.line)}`}, offset {formatNumber(record.byteOffset)} ·{' '}
          {formatBytes(record.sizeBytes)} · <Ago time={record.keptAt} />
        </span>
      </div>
      {record.sample !== '' && (
        <div className={styles.sampleBox}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <pre className={styles.sample} tabIndex={0}>
            {record.sample}
            {record.sampleTruncated && '…'}
          </pre>
          <CopyButton text={record.sample} label="Copy sample" />
        </div>
      )}
    </article>
  );
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
