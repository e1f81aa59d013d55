/**
 * gzip NDJSON CloudTrail → normalised events, against the bare `gunzip` + split + `JSON.parse` loop on the same bytes in
 * the same process. On one core: `taskset -c 0 node bench/parse.ts [MB]`.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileLogType } from '../platform/src/log-analysis/compile.ts';
import { processStream } from '../platform/src/log-analysis/process-stream.ts';
import { loadLogTypes } from '../platform/src/log-analysis/schema.ts';
import { writeCloudTrail } from './cloudtrail.ts';
import { bareLoop, median, timed } from './reference.ts';

export interface ParseFigures {
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly events: number;
  /** Uncompressed megabytes per second, the median of the rounds. */
  readonly referenceMbps: number;
  readonly parseMbps: number;
  /** The median of the ratios of neighbouring rounds. */
  readonly ratio: number;
  readonly peakRssMb: number;
}

/** Runs both, taking turns, `rounds` times after a warm-up. */
export async function benchParse(bytes: number, rounds = 3): Promise<ParseFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'panther-bench-'));
  const file = join(folder, 'cloudtrail.ndjson.gz');
  try {
    const size = await writeCloudTrail(file, bytes);
    const results: { reference: number; parse: number }[] = [];
    let events = 0;
    for (let round = 0; round <= rounds; round += 1) {
      const reference = await timed(async () => void (await bareLoop(file)));
      const parse = await timed(async () => {
        events = await parseLoop(file);
      });
      if (round > 0) results.push({ reference, parse });
    }
    const mbps = (seconds: readonly number[]) => size / 1e6 / median(seconds);
    return {
      bytes: size,
      compressedBytes: (await stat(file)).size,
      events,
      referenceMbps: mbps(results.map(({ reference }) => reference)),
      parseMbps: mbps(results.map(({ parse }) => parse)),
      ratio: median(results.map(({ reference, parse }) => reference / parse)),
      peakRssMb: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function parseLoop(file: string): Promise<number> {
  const cloudTrail = loadLogTypes(join(import.meta.dirname, '../content/log-types')).get('AWS.CloudTrail');
  if (cloudTrail === undefined) throw new Error('content/log-types has no AWS.CloudTrail');
  let arns = 0;
  const counts = await processStream(createReadStream(file), {
    logTypes: [compileLogType(cloudTrail)],
    unitId: '0123456789abcdef0123456789abcdef',
    sourceId: 'bench',
    sourceLabel: 'bench',
    now: () => new Date(),
    fileName: file,
    onEvent(event) {
      if (event.p_any_aws_arns !== undefined) arns += 1;
    },
    onKept(record) {
      throw new Error(record.reason);
    },
  });
  if (arns === 0) throw new Error('the events have no ARNs');
  return counts.events;
}

if (import.meta.main) {
  const megabytes = Number(process.argv[2] ?? 200);
  console.log(JSON.stringify(await benchParse(megabytes * 1e6)));
}
