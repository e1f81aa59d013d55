import type { Detection } from '../detection.ts';
import type { Condition } from './condition.ts';
export async function planDetection(_d: Detection, _ast: (s: string) => Promise<unknown>): Promise<Condition> {
  return { op: 'true' };
}
