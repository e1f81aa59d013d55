/** Unit tests on several runners at once, told in the order of the detections. */
import type { Detection } from './detection.ts';
import { helpersOf } from './helpers.ts';
import { runTestsOf, type TestOptions, type TestResult, type TestRunners } from './run-tests.ts';

export interface TestedDetection {
  readonly detection: Detection;
  readonly results: readonly TestResult[];
}

export interface ParallelTestOptions extends TestOptions {
  /** All that were loaded: what the tested ones import and name. */
  readonly all: readonly Detection[];
  /** One set for each worker. */
  readonly runners: readonly TestRunners[];
  onResult?(result: TestResult): void;
}

/** The tests of a detection run on one worker, one after the other. Ends early when the caller stops reading. */
export async function* runTestsInParallel(
  detections: readonly Detection[],
  { all, runners, onResult, ...options }: ParallelTestOptions,
): AsyncGenerator<TestedDetection> {
  const helpers = helpersOf(all);
  const slots = detections.map(() => Promise.withResolvers<readonly TestResult[]>());
  let next = 0;

  async function work(own: TestRunners): Promise<void> {
    while (next < detections.length) {
      const index = next;
      next += 1;
      await testOne(index, own).then(slots[index]?.resolve, slots[index]?.reject);
    }
  }

  async function testOne(index: number, own: TestRunners): Promise<readonly TestResult[]> {
    const results: TestResult[] = [];
    for await (const result of runTestsOf(detections[index] as Detection, own, helpers, options)) {
      results.push(result);
      onResult?.(result);
    }
    return results;
  }

  const workers = runners.map(work);
  // A failure is told where its turn is, not before.
  for (const { promise } of slots) promise.catch(() => undefined);
  try {
    for (const [index, detection] of detections.entries()) {
      yield { detection, results: await (slots[index]?.promise ?? []) };
    }
  } finally {
    next = detections.length;
    await Promise.all(workers);
  }
}
