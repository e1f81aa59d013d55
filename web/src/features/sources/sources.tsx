import type { Source } from '@panther/platform/contract';
import { Database, Plus } from 'lucide-react';
import { Link } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Tag } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { BalanceBar } from './balance.tsx';
import { SourceHealth } from './source-health.tsx';
import styles from './sources.module.css';

const LOG_TYPES_SHOWN = 3;

export default function SourcesPage() {
  const canAdd = useCan('admin');
  const sources = useApi('GET /sources', {}, { refetchInterval: 5_000 });
  const types = useApi('GET /source-types', {}, { staleTime: Number.POSITIVE_INFINITY });
  const titleOf = (type: string) => types.data?.items.find(({ id }) => id === type)?.title ?? type;
  const add = (
    <ButtonLink to="/sources/new" look="primary" icon={<Plus aria-hidden />}>
      Add source
    </ButtonLink>
  );
  return (
    <Page title="Sources" lead="Where logs come from, and what became of every record." actions={canAdd && add}>
      <Card flush>
        <Loaded query={sources}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No source yet" icon={<Database aria-hidden />} action={canAdd && add}>
                A source watches a folder, takes logs by HTTP, or listens for syslog.{' '}
                {!canAdd && 'An administrator can add one.'}
              </Empty>
            ) : (
              <SourceTable sources={items} titleOf={titleOf} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

interface SourceTableProps {
  readonly sources: readonly Source[];
  readonly titleOf: (type: string) => string;
}

function SourceTable({ sources, titleOf }: SourceTableProps) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th className={styles.sourceColumn}>Source</th>
          <th>Health</th>
          <th className={table.hideMedium}>Log types</th>
          <th>Last event</th>
          <th className={cx(table.number, table.hideSmall)}>Received</th>
          <th className={cx(table.number, table.hideMedium)}>Stored</th>
          <th className={cx(table.number, table.hideSmall)}>Quarantined</th>
          <th className={cx(table.number, table.hideSmall)}>Rejected</th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <tr key={source.id}>
            <td>
              <Link to={`/sources/${encodeURIComponent(source.id)}`} className={table.main}>
                {source.name}
              </Link>
              <span className={table.sub}>{titleOf(source.type)}</span>
            </td>
            <td>
              <SourceHealth source={source} />
              {source.enabled && source.health.status === 'unhealthy' && (
                <span className={styles.message}>{source.health.message}</span>
              )}
            </td>
            <td className={table.hideMedium}>
              <LogTypes names={source.logTypes} />
            </td>
            <td className={cx(table.nowrap, table.dim)}>
              <Ago time={source.lastEventAt} none="no data yet" />
            </td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(source.counts.received)}</td>
            <td className={cx(table.number, table.hideMedium)}>
              {formatNumber(source.counts.stored)}
              <BalanceBar counts={source.counts} />
            </td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(source.counts.quarantined)}</td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(source.counts.rejected)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LogTypes({ names }: { readonly names: readonly string[] }) {
  const more = names.length - LOG_TYPES_SHOWN;
  return (
    <span className={table.tags} title={names.join(', ')}>
      {names.slice(0, LOG_TYPES_SHOWN).map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
      {more > 0 && <Tag>{plural(more, 'more', 'more')}</Tag>}
    </span>
  );
}
