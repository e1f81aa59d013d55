import type { Answer, Call, RuleSource, TestCall, Trouble } from '../runner.ts';
export interface TypeScriptRunner {
  load(rules: readonly RuleSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  test(call: TestCall): Promise<Answer>;
  close(): Promise<void>;
}
export function createTypeScriptRunner(): TypeScriptRunner {
  return {
    async load() {
      return new Map();
    },
    async run() {
      return [];
    },
    async test() {
      return { event: 0, rule: 0 };
    },
    async close() {},
  };
}
