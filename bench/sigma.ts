/**
 * Sigma rules over Windows process events: a bare `JSON.parse` loop, and the same with every event given to the engine.
 * `node bench/sigma.ts [RULES] [EVENTS]`; the last line is the figures as JSON.
 */
import { toDetection } from '../platform/src/detections/detection.ts';
import { createDetectionEngine } from '../platform/src/detections/engine.ts';
import { loadSigma } from '../platform/src/detections/sigma/collection.ts';
import { median, timed } from './reference.ts';
import { makeEvents, makeRules } from './sigma-rules.ts';

export interface SigmaFigures {
  readonly rules: number;
  readonly events: number;
  /** Events per second of the bare loop, and of the loop with detection. */
  readonly referenceEps: number;
  readonly sigmaEps: number;
  /** Of detection alone. */
  readonly detectEps: number;
  readonly ratio: number;
  readonly matches: number;
  readonly loadSeconds: number;
  readonly peakRssMb: number;
}

/** Events are made and read in pieces, so that a million of them need no gigabytes. */
const PIECE = 20_000;
const BATCH = 2_000;
const count = Number(process.argv[2] ?? 3_000);
const events = Number(process.argv[3] ?? 200_000);

const unused = { load: () => Promise.resolve(new Map()), run: () => Promise.resolve([]) };
const files = makeRules(count).map((text, index) => ({ path: `rule-${index}.yml`, text }));
const startedAt = performance.now();
const { rules, problems } = loadSigma(files);
if (problems.length > 0) throw new Error(`a rule of the bench is not valid: ${problems[0]?.message}`);
const detections = rules.flatMap(({ spec, text }) => {
  const parsed = toDetection(spec, '', text);
  return 'detection' in parsed ? [parsed.detection] : [];
});
const engine = createDetectionEngine({
  detections,
  python: unused,
  typescript: unused,
  conditionOf: () => ({ op: 'true' }),
  stringify: JSON.stringify,
});
const loadSeconds = (performance.now() - startedAt) / 1_000;

let lines = makeEvents(PIECE);
let matches = 0;

function reference(): Promise<void> {
  for (const line of lines) JSON.parse(line);
  return Promise.resolve();
}

async function detect(): Promise<void> {
  for (const line of lines) {
    engine.offer(JSON.parse(line));
    if (engine.pendingCount >= BATCH) matches += (await engine.drain()).length;
  }
  matches += (await engine.drain()).length;
}

for (let round = 0; round < 2; round += 1) {
  await reference();
  await detect();
}
matches = 0;
const rounds = Math.max(3, Math.ceil(events / PIECE));
const bareSeconds: number[] = [];
const sigmaSeconds: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  lines = makeEvents(PIECE, round);
  bareSeconds.push(await timed(reference));
  sigmaSeconds.push(await timed(detect));
}
const [bareMedian, sigmaMedian] = [median(bareSeconds), median(sigmaSeconds)];
const figures: SigmaFigures = {
  rules: detections.length,
  events: rounds * PIECE,
  referenceEps: Math.round(PIECE / bareMedian),
  sigmaEps: Math.round(PIECE / sigmaMedian),
  detectEps: Math.round(PIECE / Math.max(sigmaMedian - bareMedian, 1e-9)),
  ratio: bareMedian / sigmaMedian,
  matches,
  loadSeconds,
  peakRssMb: process.resourceUsage().maxRSS / 1_024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
