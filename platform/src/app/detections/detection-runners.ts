/** The runners of every language, started when they are first needed. */
import {
  createPythonRunner,
  DEFAULT_PYTHON_LIMITS,
  type PythonPackage,
  type PythonRunner,
  readHostSources,
} from '../../detections/python/runner.ts';
import type { FindRow, KeyValueCalls } from '../../detections/state/key-values.ts';
import { createTypeScriptRunner, type TypeScriptRunner } from '../../detections/typescript/runner.ts';
import { workerUrl } from '../worker-url.ts';

export interface Runners {
  readonly python: PythonRunner;
  readonly typescript: TypeScriptRunner;
  close(): Promise<void>;
}

/** `keyValues`: the store behind the stateful helpers; without it they start empty. `lookup`: rows of lookup tables, without it and in tests. */
export function createRunners(
  keyValues?: KeyValueCalls,
  packages: readonly PythonPackage[] = [],
  lookup?: FindRow,
): Runners {
  const python = createPythonRunner({
    workerUrl: workerUrl('python', '../detections/python'),
    hostSources: readHostSources(),
    ...DEFAULT_PYTHON_LIMITS,
    packages,
    ...(keyValues && { keyValues }),
    lookup,
  });
  const typescript = createTypeScriptRunner({
    workerUrl: workerUrl('typescript', '../detections/typescript'),
    ...(keyValues && { keyValues }),
    lookup,
  });
  return {
    python,
    typescript,
    async close() {
      await python.close();
      await typescript.close();
    },
  };
}
