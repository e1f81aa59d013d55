import type { Source } from '@panther/platform/contract';
import { Dot } from '../../components/badge.tsx';

/** Health of a source in a word. */
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
  return <Dot tone="info">Waiting</Dot>;
}
