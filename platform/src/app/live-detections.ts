import type { RuleInfo, RuleResult } from '../core/detection.ts';
export async function openLiveDetections(_deps: unknown) {
  return {
    offer() {},
    pendingCount: 0,
    drain: async (): Promise<RuleResult[]> => [],
    ruleInfo: (): RuleInfo | undefined => undefined,
    reload: async () => {},
    close: async () => {},
  };
}
