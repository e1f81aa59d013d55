/**
 * `npm run bench`: measures each budget of the design as a ratio to a bare reference in the same run, and writes the
 * table in `docs/performance.md`. Work that has a reference runs on one core, where the system can pin it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { CompactFigures } from './compact.ts';
import type { DetectionFigures } from './detections.ts';
import type { ParseFigures } from './parse.ts';
import type { PipelineFigures, PipelineRun } from './pipeline.ts';
import type { ProcessFigures } from './process.ts';
import type { SigmaFigures } from './sigma.ts';

const DOCUMENT = join(import.meta.dirname, '..', 'docs', 'performance.md');
const BEGIN = '<!-- figures: written by npm run bench -->';
const END = '<!-- end of figures -->';
const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** In a process of its own, on one core when `isPinned`. Its last line is its figures. */
function measure<T>(file: string, args: readonly (string | number)[], isPinned: boolean): T {
  const command = [process.execPath, join(import.meta.dirname, file), ...args.map(String)];
  const [program = '', ...rest] = isPinned && canPin ? ['taskset', '-c', '0', ...command] : command;
  process.stderr.write(`${file} ${args.join(' ')}…\n`);
  const output = execFileSync(program, rest, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T;
}

const megabytes = Number(process.argv[2] ?? 200);
const parse = measure<ParseFigures>('parse.ts', [megabytes], true);
const pipeline = measure<PipelineFigures>('pipeline.ts', [megabytes, '10,150,1000'], true);
const sigma = [1_000, 3_000].map((count) => measure<SigmaFigures>('sigma.ts', [count, 1_000_000], true));
const detections = measure<readonly DetectionFigures[]>('detections.ts', [20_000], true);
const compact = measure<CompactFigures>('compact.ts', [0.5, 2, 3], false);
const whole = measure<ProcessFigures>('process.ts', [200], false);

const [few, some, many] = pipeline.runs as [PipelineRun, PipelineRun, PipelineRun];
const peak = Math.max(parse.peakRssMb, pipeline.peakRssMb);
const rows = [
  [
    'gzip NDJSON CloudTrail → normalised events',
    'at least 0.5',
    `**${parse.ratio.toFixed(2)}**`,
    `${speed(parse.parseMbps)} against ${speed(parse.referenceMbps)}`,
  ],
  [
    'the same → Parquet in the lake, 150 rules enabled',
    'at least 0.25',
    `**${some.ratio.toFixed(2)}**`,
    `${speed(some.mbps)} against ${speed(pipeline.referenceMbps)}; ${some.matches} matches in ${some.events} events`,
  ],
  [
    '1,000 enabled rules against 10',
    'at least 0.7',
    `**${many.ofFirst.toFixed(2)}**`,
    `${speed(many.mbps)} against ${speed(few.mbps)}; ${many.matches} matches instead of ${few.matches}`,
  ],
  ...sigma.map((one) => [
    `Windows process events → ${thousands(one.rules)} Sigma rules`,
    one.rules > 2_000 ? 'at least 50,000 events/s' : '',
    `**${thousands(one.sigmaEps)} events/s**`,
    `${one.ratio.toFixed(2)} of a bare \`JSON.parse\` loop (${thousands(one.referenceEps)} events/s); ${thousands(one.matches)} matches in ${thousands(one.events)} events`,
  ]),
  ...detectionRows(detections),
  [
    '`compact`: gzip JSON → Parquet, against DuckDB `COPY` of the same files',
    'at least 0.8',
    `**${compact.ratio.toFixed(2)}**`,
    `${speed(compact.jsonBytes / 1e6 / compact.seconds)} against ${speed(compact.jsonBytes / 1e6 / compact.copySeconds)}, on every core; ${compact.declaredRatio.toFixed(2)} where the columns are declared`,
  ],
  [
    'log line in → alert at the destination, idle system',
    'p99 under 1 s',
    `**${Math.round(whole.latencyP99Ms)} ms**`,
    `p50 ${Math.round(whole.latencyP50Ms)} ms, ${whole.events} events`,
  ],
  [
    '`panther up` to ready',
    'under 2 s',
    `**${(whole.readyMs / 1_000).toFixed(2)} s**`,
    `median of ${whole.starts} starts`,
  ],
  ['memory when ready', 'under 250 MB', `**${Math.round(whole.readyRssMb)} MB**`, 'resident, whole process'],
  [
    'memory while processing',
    'under 1 GB',
    `**${Math.round(peak)} MB**`,
    `peak over the runs above, ${megabytes} MB of events each`,
  ],
];
const table = [
  BEGIN,
  '',
  `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus()[0]?.model ?? 'an unknown processor'}, Node.js ${process.version}${canPin ? ', pinned to one core where a reference is given' : ''}.`,
  '',
  '| work | budget | measured | details |',
  '|---|---|---|---|',
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
  END,
].join('\n');

const text = readFileSync(DOCUMENT, 'utf8');
writeFileSync(DOCUMENT, `${text.slice(0, text.indexOf(BEGIN))}${table}${text.slice(text.indexOf(END) + END.length)}`);
process.stdout.write(`${table}\n`);

function thousands(count: number): string {
  return count.toLocaleString('en');
}

function detectionRows(figures: readonly DetectionFigures[]): string[][] {
  const [few, some, many] = figures as [DetectionFigures, DetectionFigures, DetectionFigures];
  const speedOf = ({ rules, eventsPerSecond }: DetectionFigures) => `${rounded(eventsPerSecond)} with ${rules}`;
  const native = ({ rules, ofNative, nativePerSecond }: DetectionFigures) =>
    `${Math.round(ofNative)} times with ${rules} (${rounded(nativePerSecond)} natively)`;
  return [
    [
      'detection engine alone: 1,000 Python rules against 10',
      'at least 0.7',
      `**${many.ofFewest.toFixed(2)}**`,
      `events a second on one core: ${figures.map(speedOf).join(', ')}`,
    ],
    [
      'Python rules against native CPython without planner',
      'at least 10 times',
      `**${Math.round(some.ofNative)} times** with 100`,
      `${native(few)}, ${native(many)}`,
    ],
  ];
}

function rounded(value: number): string {
  return (value < 10_000 ? Math.round(value) : Math.round(value / 1_000) * 1_000).toLocaleString('en');
}

function speed(mbps: number): string {
  return `${Math.round(mbps)} MB/s`;
}
