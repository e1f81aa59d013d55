/**
 * Events a second through the detection engine, from JSON text to matches: `node bench/detections.ts RULES [EVENTS]`.
 * With `--native`, the same rules on some of the same events in the machine's own CPython, without a planner.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createRunners, type Runners } from '../platform/src/app/detection-runners.ts';
import type { LogEvent } from '../platform/src/core/event.ts';
import type { Detection } from '../platform/src/detections/detection.ts';
import { createDetectionEngine, type DetectionEngine } from '../platform/src/detections/engine.ts';
import type { Condition } from '../platform/src/detections/planner/condition.ts';
import { planDetection } from '../platform/src/detections/planner/plan.ts';
import { stringifyEvent } from '../platform/src/log-analysis/json-values.ts';
import { writeCloudTrail } from './cloudtrail.ts';
import { detectionRules } from './detection-rules.ts';
import { median } from './reference.ts';

export interface DetectionFigures {
  readonly rules: number;
  /** Rules for which the planner knows no condition. */
  readonly unplanned: number;
  readonly events: number;
  readonly candidates: number;
  readonly matches: number;
  readonly eventsPerSecond: number;
  /** Of CPython on this machine; absent where it was not asked for. */
  readonly native?: { readonly events: number; readonly eventsPerSecond: number };
}

/** As in the log processor. */
const BATCH = 2_000;
const NATIVE_CALLS = 2_000_000;
const BYTES_PER_EVENT = 1_600;

export async function benchDetections(count: number, events: number, isNative: boolean): Promise<DetectionFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'panther-bench-'));
  const runners = createRunners();
  try {
    const detections = detectionRules(count);
    const lines = await readLines(folder, events);
    const { engine, unplanned } = await prepare(detections, runners);
    await pass(engine, lines.slice(0, BATCH));
    const rounds = [];
    for (let round = 0; round < 3; round += 1) rounds.push(await pass(engine, lines));
    const seconds = median(rounds.map((one) => one.seconds));
    const { matches } = rounds[0] as { matches: number };
    const candidates = [...engine.takeCounts().values()].reduce((sum, one) => sum + one.candidates, 0);
    const figures = { rules: count, unplanned, events: lines.length, candidates, matches };
    const eventsPerSecond = lines.length / seconds;
    if (!isNative) return { ...figures, eventsPerSecond };
    return { ...figures, eventsPerSecond, native: await native(folder, detections, lines, engine) };
  } finally {
    await runners.close();
    rmSync(folder, { recursive: true });
  }
}

async function readLines(folder: string, events: number): Promise<readonly string[]> {
  const file = join(folder, 'trail.gz');
  await writeCloudTrail(file, events * BYTES_PER_EVENT);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.slice(0, events).map((line) => `${line.slice(0, -1)},"p_log_type":"AWS.CloudTrail"}`);
}

async function prepare(detections: readonly Detection[], runners: Runners) {
  const conditions = new Map<string, Condition>();
  for (const one of detections)
    conditions.set(one.version, await planDetection(one, (source) => runners.python.ast(source)));
  const engine = createDetectionEngine({
    detections,
    ...runners,
    conditionOf: ({ version }) => conditions.get(version) ?? { op: 'true' },
    stringify: stringifyEvent,
  });
  await engine.warmUp();
  return { engine, unplanned: [...conditions.values()].filter(({ op }) => op === 'true').length };
}

async function pass(engine: DetectionEngine, lines: readonly string[]): Promise<{ seconds: number; matches: number }> {
  const startedAt = performance.now();
  let matches = 0;
  for (const line of lines) {
    engine.offer(JSON.parse(line) as LogEvent, line);
    if (engine.pendingCount >= BATCH) matches += (await engine.drain()).length;
  }
  matches += (await engine.drain()).length;
  return { seconds: (performance.now() - startedAt) / 1_000, matches };
}

/** @throws Error when the rules do not find the same. */
async function native(
  folder: string,
  detections: readonly Detection[],
  lines: readonly string[],
  engine: DetectionEngine,
) {
  const some = lines.slice(0, Math.max(200, Math.round(NATIVE_CALLS / detections.length)));
  const [rules, events] = [join(folder, 'rules.json'), join(folder, 'events.ndjson')];
  writeFileSync(rules, JSON.stringify(detections.map(({ body }) => body)));
  writeFileSync(events, some.map((line) => `${line}\n`).join(''));
  const api = join(import.meta.dirname, '../platform/src/detections/python/events.py');
  const output = execFileSync('python3', [join(import.meta.dirname, 'native.py'), rules, events, api], {
    encoding: 'utf8',
  });
  const found = JSON.parse(output) as { events: number; matches: number; seconds: number };
  const { matches } = await pass(engine, some);
  if (matches !== found.matches) throw new Error(`${matches} matches against ${found.matches} in CPython`);
  return { events: found.events, eventsPerSecond: found.events / found.seconds };
}

if (import.meta.main) {
  const [rules = '100', events = '20000'] = process.argv.slice(2).filter((one) => !one.startsWith('--'));
  const isNative = process.argv.includes('--native');
  console.log(JSON.stringify(await benchDetections(Number(rules), Number(events), isNative)));
}
