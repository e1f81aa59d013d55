/**
 * Events a second through the detection engine, from JSON text to matches, with 10, 100 and 1,000 Python rules; and the
 * same rules on some of the same events in the machine's own CPython, without a planner. All in turn in one process, so
 * that what else the machine does falls on all alike. `node bench/detections.ts [EVENTS]`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createRunners, type Runners } from '../platform/src/app/detections/detection-runners.ts';
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
  readonly matches: number;
  readonly eventsPerSecond: number;
  /** Of CPython on this machine. */
  readonly nativePerSecond: number;
  /** To the throughput with the fewest rules: the median of rounds. */
  readonly ofFewest: number;
  /** To CPython: the median of rounds. */
  readonly ofNative: number;
}

const COUNTS = [10, 100, 1_000];
const ROUNDS = 5;
/** As in the log processor. */
const BATCH = 2_000;
const NATIVE_CALLS = 400_000;
const BYTES_PER_EVENT = 1_600;

interface Contestant {
  readonly detections: readonly Detection[];
  readonly runners: Runners;
  readonly engine: DetectionEngine;
  readonly unplanned: number;
  /** Events a second of each round. */
  readonly own: number[];
  readonly native: number[];
  matches: number;
}

export async function benchDetections(events: number): Promise<readonly DetectionFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'panther-bench-'));
  const lines = await readLines(folder, events);
  const contestants: Contestant[] = [];
  try {
    for (const count of COUNTS) contestants.push(await prepare(detectionRules(count)));
    for (const { engine } of contestants) await pass(engine, lines);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const one of contestants) {
        const { seconds, matches } = await pass(one.engine, lines);
        one.own.push(lines.length / seconds);
        one.matches = matches;
        one.native.push(await native(folder, one, lines));
      }
    }
    return contestants.map((one) => figuresOf(one, contestants[0] as Contestant, lines.length));
  } finally {
    for (const { runners } of contestants) await runners.close();
    rmSync(folder, { recursive: true });
  }
}

function figuresOf(one: Contestant, fewest: Contestant, events: number): DetectionFigures {
  const ratio = (to: readonly number[]) => median(one.own.map((value, round) => value / (to[round] ?? Number.NaN)));
  return {
    rules: one.detections.length,
    unplanned: one.unplanned,
    events,
    matches: one.matches,
    eventsPerSecond: median(one.own),
    nativePerSecond: median(one.native),
    ofFewest: ratio(fewest.own),
    ofNative: ratio(one.native),
  };
}

async function readLines(folder: string, events: number): Promise<readonly string[]> {
  const file = join(folder, 'trail.gz');
  await writeCloudTrail(file, events * BYTES_PER_EVENT);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.slice(0, events).map((line) => `${line.slice(0, -1)},"p_log_type":"AWS.CloudTrail"}`);
}

async function prepare(detections: readonly Detection[]): Promise<Contestant> {
  const runners = createRunners();
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
  const unplanned = [...conditions.values()].filter(({ op }) => op === 'true').length;
  return { detections, runners, engine, unplanned, own: [], native: [], matches: 0 };
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

/**
 * Events a second in CPython.
 * @throws Error when the rules do not find the same there.
 */
async function native(folder: string, { detections, engine }: Contestant, lines: readonly string[]): Promise<number> {
  const some = lines.slice(0, Math.max(400, Math.round(NATIVE_CALLS / detections.length)));
  const [rules, events] = [join(folder, 'rules.json'), join(folder, 'events.ndjson')];
  writeFileSync(rules, JSON.stringify(detections.map(({ body }) => body)));
  writeFileSync(events, some.map((line) => `${line}\n`).join(''));
  const api = join(import.meta.dirname, '../platform/src/detections/python/events.py');
  const script = join(import.meta.dirname, 'native.py');
  const output = execFileSync('python3', [script, rules, events, api], { encoding: 'utf8' });
  const found = JSON.parse(output) as { events: number; matches: number; seconds: number };
  const { matches } = await pass(engine, some);
  if (matches !== found.matches) throw new Error(`${matches} matches against ${found.matches} in CPython`);
  return found.events / found.seconds;
}

if (import.meta.main) console.log(JSON.stringify(await benchDetections(Number(process.argv[2] ?? 20_000))));
