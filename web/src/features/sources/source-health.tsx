import type { Source } from '@panther/platform/contract';
import { Dot } from '../../components/badge.tsx';

const DAY_MS = 86_400_000;

/** Health of a source in a word. A source that cannot tell is judged by its last event. */
export function SourceHealth({ source }: { readonly source: Source }) {
  if (!source.enabled) return <Dot tone="info">Disabled</Dot>;
  const { status, message } = source.health;
  if (status === 'healthy') return <Dot tone="good">Healthy</Dot>;
  if (status === 'unhealthy') {
    return (
      <span title={message}>
        <Dot tone="bad">Unhealthy</Dot>
      </span>
    );
  }
  if (source.lastEventAt === null) return <Dot tone="info">Waiting</Dot>;
  const isSilent = Date.now() - Date.parse(source.lastEventAt) > DAY_MS;
  return isSilent ? <Dot tone="warn">Silent</Dot> : <Dot tone="good">Receiving</Dot>;
}
