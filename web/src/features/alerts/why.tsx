import type { AlertDetail } from '@panther/platform/contract';
import { useApi } from '../../api/hooks.ts';
import { formatDuration, plural } from '../../components/format.ts';
import { Markdown } from '../../components/markdown.tsx';
import styles from './alerts.module.css';

const MINUTE_MS = 60_000;

/** What matched, and why its events are one alert. */
export function Why({ alert }: { readonly alert: AlertDetail }) {
  const rule = useApi('GET /detections/:id', { params: { id: alert.ruleId } }, { staleTime: 60_000 });
  return (
    <div className={styles.why}>
      {alert.description !== '' && <Markdown text={alert.description} />}
      <p>
        {alert.type === 'RULE_ERROR' ? (
          <>
            The rule failed on {plural(alert.eventCount, 'event')}. Errors of the same kind are one alert:{' '}
            <code>{alert.dedup}</code>.
          </>
        ) : (
          <>
            {plural(alert.eventCount, 'matching event')} with the deduplication string <code>{alert.dedup}</code>{' '}
            {alert.eventCount === 1 ? 'is' : 'are'} grouped into this alert.
          </>
        )}
      </p>
      {rule.data !== undefined && (
        <p>
          Matches that come within {formatDuration(rule.data.dedupPeriodMinutes * MINUTE_MS)} of the first one are added
          to it
          {rule.data.threshold > 1 ? `; it was opened when ${plural(rule.data.threshold, 'event')} had matched` : ''}.
        </p>
      )}
    </div>
  );
}
