import type { Replay, ReplayResult as Result } from '@panther/platform/contract';
import { CircleCheck } from 'lucide-react';
import { useMemo } from 'react';
import { SeverityBadge } from '../../components/badge.tsx';
import { Chart } from '../../components/chart.tsx';
import { chartTable } from '../../components/chart-data.ts';
import { cx } from '../../components/cx.ts';
import { formatDuration, formatNumber, formatTime, plural } from '../../components/format.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Card, Stat } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import styles from './replay.module.css';

interface ReplayResultProps {
  readonly replay: Replay;
  readonly result: Result;
  /** What to do next. */
  readonly after: React.ReactNode;
  /** Of the detection. */
  readonly type: string;
}

export function ReplayResult({ replay, result, after, type }: ReplayResultProps) {
  return (
    <>
      <Card
        title={
          result.alertCount === 0
            ? 'No alerts'
            : plural(result.alertCount, 'alert there would have been', 'alerts there would have been')
        }
        aside={after}
      >
        <p className={styles.note}>
          From {formatTime(replay.from)} to {formatTime(replay.to)}
          {replay.isDraft && ', with what was in the editor'}.
        </p>
        <div className={styles.stats}>
          <ReadStats type={type} result={result} />
          <Stat label="Matches" value={formatNumber(result.matches)} />
          <Stat label="Dedup strings" value={formatNumber(result.dedupCount)} />
          <Stat label="Errors" value={formatNumber(result.errors)} />
          <Stat label="Took" value={formatDuration(result.durationMs)} />
        </div>
        {result.matches > 0 && <Matches replay={replay} result={result} />}
      </Card>
      {result.suggestion !== null && <Suggestion suggestion={result.suggestion} />}
      <Failures failures={result.failures} />
      <Alerts result={result} />
      <Dedups result={result} />
      <Samples samples={result.samples} />
    </>
  );
}

function Matches({ replay, result }: Pick<ReplayResultProps, 'replay' | 'result'>) {
  const { buckets, bucketMinutes } = result;
  const periodMs = bucketMinutes * 60_000;
  const chart = useMemo(() => {
    const series = [{ label: 'Matches', points: buckets.map(({ at, matches }) => ({ at, value: matches })) }];
    return chartTable(series, { grid: { fromMs: Date.parse(replay.from), toMs: Date.parse(replay.to), periodMs } });
  }, [buckets, periodMs, replay.from, replay.to]);
  return <Chart table={chart} kind="bars" label="Matches" height={170} periodMs={periodMs} legend={false} />;
}

function Suggestion({ suggestion }: { readonly suggestion: NonNullable<Result['suggestion']> }) {
  return (
    <Card title="A better dedup string">
      <p className={styles.text}>{suggestion.reason}</p>
      <p className={styles.text}>
        Group by{' '}
        {suggestion.fields.map((field, index) => (
          <span key={field}>
            {index > 0 && ' and '}
            <code>{field}</code>
          </span>
        ))}
        : that makes {plural(suggestion.groups, 'group')}.
      </p>
    </Card>
  );
}

function Failures({ failures }: Pick<Result, 'failures'>) {
  if (failures.length === 0) return null;
  return (
    <Card title="Errors" flush>
      <table className={table.table}>
        <tbody>
          {failures.map(({ title, message, count }) => (
            <tr key={`${title} ${message}`}>
              <td>
                <strong>{title}</strong>
                <pre className={styles.error}>{message}</pre>
              </td>
              <td className={table.number}>{formatNumber(count)} ×</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Alerts({ result: { alerts, alertCount } }: Pick<ReplayResultProps, 'result'>) {
  if (alerts.length === 0) {
    return (
      <Card title="Alerts">
        <Empty title="It would have been quiet" icon={<CircleCheck aria-hidden />}>
          Nothing in this time would have become an alert.
        </Empty>
      </Card>
    );
  }
  return (
    <Card
      title="Alerts"
      aside={
        alertCount > alerts.length ? `the first ${formatNumber(alerts.length)} of ${formatNumber(alertCount)}` : ''
      }
      flush
    >
      <table className={table.table}>
        <thead>
          <tr>
            <th>Severity</th>
            <th>Alert</th>
            <th className={table.number}>Events</th>
            <th className={table.hideSmall}>First event</th>
            <th className={table.hideMedium}>Last event</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <tr key={`${alert.dedup} ${alert.firstEventAt}`}>
              <td>
                <SeverityBadge severity={alert.severity} />
              </td>
              <td>
                <span className={table.main}>{alert.title}</span>
                <span className={table.sub}>{alert.dedup}</span>
              </td>
              <td className={table.number}>{formatNumber(alert.eventCount)}</td>
              <td className={cx(table.hideSmall, table.nowrap, table.dim)}>{formatTime(alert.firstEventAt)}</td>
              <td className={cx(table.hideMedium, table.nowrap, table.dim)}>{formatTime(alert.lastEventAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Dedups({ result: { dedups, dedupCount, matches } }: Pick<ReplayResultProps, 'result'>) {
  if (dedups.length === 0) return null;
  return (
    <Card
      title="Matches by dedup string"
      aside={dedupCount > dedups.length ? `the ${dedups.length} largest of ${formatNumber(dedupCount)}` : ''}
      flush
    >
      <table className={table.table}>
        <tbody>
          {dedups.map(({ dedup, matches: own }) => (
            <tr key={dedup}>
              <td className={table.mono}>{dedup}</td>
              <td className={table.hideSmall}>
                <meter className={styles.meter} aria-label={`Share of ${dedup}`} value={own} max={matches} />
              </td>
              <td className={table.number}>{formatNumber(own)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Samples({ samples }: Pick<Result, 'samples'>) {
  if (samples.length === 0) return null;
  return (
    <Card title="The first matches">
      {samples.map((sample, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a result never changes
        <details key={index} className={styles.sample}>
          <summary>
            {formatTime(sample.at)} {sample.title || sample.dedup}
          </summary>
          <JsonView value={sample.event} depth={1} />
        </details>
      ))}
    </Card>
  );
}

/** What the detection was run on. */
function ReadStats({ type, result: { events, candidates } }: Pick<ReplayResultProps, 'type' | 'result'>) {
  if (type === 'scheduled_rule') return <Stat label="Rows" value={formatNumber(events)} note="of its queries" />;
  const isCorrelation = type === 'correlation_rule';
  return (
    <>
      <Stat label="Events" value={formatNumber(events)} note={isCorrelation ? 'of its members' : 'of its log types'} />
      {isCorrelation ? (
        <Stat label="Member matches" value={formatNumber(candidates)} note="in these" />
      ) : (
        <Stat label="Run on" value={formatNumber(candidates)} note="of these" />
      )}
    </>
  );
}
