/** All Sigma rules, by the log types of their events. */
import type { Detection } from '../detection.ts';
import type { Matcher } from './matcher.ts';
import { type KeyedPart, matcherOf } from './run.ts';
import type { SigmaPart } from './specification.ts';

interface KeyedDetection {
  readonly key: number;
  readonly detection: Pick<Detection, 'info' | 'spec'>;
}

export function sigmaMatchers(rules: readonly KeyedDetection[]): ReadonlyMap<string, Matcher> {
  const byLogType = new Map<string, KeyedPart[]>();
  for (const { key, detection } of rules) {
    for (const logType of new Set(detection.info.logTypes)) {
      const parts = byLogType.get(logType) ?? [];
      byLogType.set(logType, parts);
      parts.push({ key, part: detection.spec.Sigma as SigmaPart });
    }
  }
  return new Map([...byLogType].map(([logType, parts]) => [logType, matcherOf(parts)]));
}
