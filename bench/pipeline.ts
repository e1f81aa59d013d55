/**
 * The whole pipeline: gzip NDJSON CloudTrail → parsed → normalised → rules → Parquet in the lake, against the bare
 * `gunzip` + split + `JSON.parse` loop on the same bytes in the same process. On one core: `taskset -c 0 node
 * bench/pipeline.ts [MB] [RULES]`.
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
  readonly rules: number;
  readonly events: number;
  readonly matches: number;
  readonly referenceMbps: number;
  readonly pipelineMbps: number;
  /** The median of the ratios of neighbouring rounds. */
  readonly ratio: number;
  readonly peakRssMb: number;
}

/** Runs both, taking turns, `rounds` times after a warm-up. */
export async function benchPipeline(bytes: number, ruleCount: number, rounds = 3): Promise<PipelineFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'panther-bench-'));
  const file = join(folder, 'cloudtrail.ndjson.gz');
  const runners = createRunners();
  try {
    const size = await writeCloudTrail(file, bytes);
    const detections = await planned(ruleCount, runners);
    const results: { reference: number; pipeline: number }[] = [];
    let counted = { events: 0, matches: 0 };
    for (let round = 0; round <= rounds; round += 1) {
      const reference = await timed(async () => void (await bareLoop(file)));
      const { seconds, ...counts } = await pipelineRound(file, detections);
      counted = counts;
      if (round > 0) results.push({ reference, pipeline: seconds });
    }
    const mbps = (seconds: readonly number[]) => size / 1e6 / median(seconds);
    return {
      bytes: size,
      rules: ruleCount,
      ...counted,
      referenceMbps: mbps(results.map(({ reference }) => reference)),
      pipelineMbps: mbps(results.map(({ pipeline }) => pipeline)),
      ratio: median(results.map(({ reference, pipeline }) => reference / pipeline)),
      peakRssMb: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    await runners.close();
    await rm(folder, { recursive: true, force: true });
  }
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

async function pipelineRound(file: string, detections: PipelineDetections) {
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
  console.log(JSON.stringify(await benchPipeline(megabytes * 1e6, Number(process.argv[3] ?? 150))));
}
