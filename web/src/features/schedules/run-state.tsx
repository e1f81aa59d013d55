import type { ScheduledRun } from '@panther/platform/contract';
import { Dot, sentence } from '../../components/badge.tsx';

const TONES = { queued: 'low', running: 'low', succeeded: 'good', failed: 'bad', skipped: 'warn' } as const;

export function RunState({ state }: Pick<ScheduledRun, 'state'>) {
  return <Dot tone={TONES[state]}>{sentence(state)}</Dot>;
}
