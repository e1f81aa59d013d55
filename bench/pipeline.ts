/**
 * The whole pipeline: gzip NDJSON CloudTrail → parsed → normalised → rules → Parquet in the lake, against the bare
 * `gunzip` + split + `JSON.parse` loop on the same bytes. All of it takes turns in one process, because the machine is
 * not equally fast all the time. On one core: `taskset -c 0 node bench/pipeline.ts [MB] [RULES,RULES…]`.
 */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunners } from '../platform/src/app/detections/detection-runners.ts';
import type { PipelineDetections } from '../platform/src/app/log-processing/log-pipeline.ts';
import { createDetectionEngine } from '../platform/src/detections/engine.ts';
import type { Condition } from '../platform/src/detections/planner/condition.ts';
import { planDetection } from '../platform/src/detections/planner/plan.ts';
import { stringifyEvent } from '../platform/src/log-analysis/json-values.ts';
import { openTestPipeline } from '../platform/test/support/pipeline.ts';
import { writeCloudTrail } from './cloudtrail.ts';
import { bareLoop, median, timed } from './reference.ts';
import { benchRules } from './rules.ts';

export interface PipelineFigures {
  readonly bytes: number;
  readonly peakRssMb: number;
  readonly referenceMbps: number;
  /** For each count of rules, in the order in which they were asked for. */
  readonly runs: readonly PipelineRun[];
}

export interface PipelineRun {
  readonly rules: number;
  readonly events: number;
  readonly matches: number;
  readonly mbps: number;
  /** Throughput to the reference's: the median of the rounds' ratios. */
  readonly ratio: number;
  /** Throughput to that of the first count of rules: the median of the rounds' ratios. */
  readonly ofFirst: number;
}

/** A round runs the reference, then the pipeline with each count of rules; the first round warms up. */
export async function benchPipeline(
  bytes: number,
  ruleCounts: readonly number[],
  rounds = 5,
): Promise<PipelineFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'panther-bench-'));
  const file = join(folder, 'cloudtrail.ndjson.gz');
  const runners = createRunners();
  try {
    const size = await writeCloudTrail(file, bytes);
    const engines = [];
    for (const count of ruleCounts) engines.push(await planned(count, runners));
    const references: number[] = [];
    const measured: Measured[][] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const reference = await timed(async () => void (await bareLoop(file)));
      const results: Measured[] = [];
      for (const engine of engines) results.push(await pipelineRound(file, engine));
      if (round === 0) continue;
      references.push(reference);
      measured.push(results);
    }
    return {
      bytes: size,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
      referenceMbps: size / 1e6 / median(references),
      runs: ruleCounts.map((rules, at) => summary(rules, size, at, references, measured)),
    };
  } finally {
    await runners.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly seconds: number;
  readonly events: number;
  readonly matches: number;
}

/** `at` is the place of the count of rules within each round. */
function summary(
  rules: number,
  size: number,
  at: number,
  references: readonly number[],
  rounds: readonly (readonly Measured[])[],
): PipelineRun {
  const own = rounds.map((results) => results[at] as Measured);
  const first = rounds.map((results) => results[0] as Measured);
  return {
    rules,
    events: own[0]?.events ?? 0,
    matches: own[0]?.matches ?? 0,
    mbps: size / 1e6 / median(own.map(({ seconds }) => seconds)),
    ratio: median(own.map(({ seconds }, round) => (references[round] as number) / seconds)),
    ofFirst: median(own.map(({ seconds }, round) => (first[round] as Measured).seconds / seconds)),
  };
}

async function planned(ruleCount: number, runners: ReturnType<typeof createRunners>): Promise<PipelineDetections> {
  const detections = benchRules(ruleCount);
  const conditions = new Map<string, Condition>();
  for (const one of detections) {
    conditions.set(one.version, await planDetection(one, (source) => runners.python.ast(source)));
  }
  const infos = new Map(detections.map(({ id, info }) => [id, info]));
  const engine = createDetectionEngine({
    detections,
    ...runners,
    conditionOf: ({ version }) => conditions.get(version) ?? { op: 'true' },
    stringify: stringifyEvent,
  });
  return Object.assign(engine, { ruleInfo: (id: string) => infos.get(id) });
}

async function pipelineRound(file: string, detections: PipelineDetections): Promise<Measured> {
  const panther = await openTestPipeline({ detections });
  try {
    await panther.sendStream('cloudtrail.ndjson.gz', createReadStream(file), (await stat(file)).size);
    const seconds = await timed(() => panther.processAll());
    const { stored, received } = await panther.counts();
    if (stored !== received) throw new Error(`${received - stored} records were not stored`);
    const [row] = await panther.rows('SELECT count(*)::INTEGER FROM panther_rule_matches.aws_cloudtrail');
    return { seconds, events: stored, matches: Number(row?.[0]) };
  } finally {
    await panther.close();
  }
}

if (import.meta.main) {
  const megabytes = Number(process.argv[2] ?? 200);
  const counts = (process.argv[3] ?? '150').split(',').map(Number);
  console.log(JSON.stringify(await benchPipeline(megabytes * 1e6, counts)));
}
