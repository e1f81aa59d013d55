/**
 * Believable logs in which attacks happen that the starter pack detects: for the demo, benchmarks and crash tests.
 * Pure: equal options give equal lines.
 */
import type { Generator, LineAt } from './generator.ts';
import { GENERATORS } from './index.ts';
import { createRandom, type Random } from './random.ts';

export interface LogOptions {
  readonly seed: number | string;
  readonly logType: string;
  readonly startTime: Date;
  /** On average; times are spread as those of independent requests are. */
  readonly eventsPerSecond: number;
  /** Probability that an ordinary line is followed by an attack, e.g. 0.001. */
  readonly attackRate: number;
}

export interface GeneratedLine {
  /** Without a line break. */
  readonly line: string;
  readonly time: Date;
  /** Id of the rule that detects the attack which the line is part of. */
  readonly ruleId?: string;
}

/** Gap between the lines of one attack. */
const ATTACK_GAP_MS = 300;

/**
 * Lines in order of time, without end: take as many as wanted. A format with a header starts with it.
 *
 * @throws Error when there is no generator for the log type.
 */
export function* generateLogs(options: LogOptions): Lines {
  const generator = findGenerator(options.logType);
  const random = createRandom(`${options.seed}/${options.logType}`);
  let at = options.startTime.getTime();
  if (generator.header !== undefined) yield { line: generator.header, time: new Date(at) };
  for (;;) {
    at += gapMs(random, options.eventsPerSecond);
    yield { line: generator.line(random)(new Date(at)), time: new Date(at) };
    if (!random.chance(options.attackRate)) continue;
    const { ruleId, lines } = pickAttack(generator, random);
    for (const line of lines(random)) {
      at += random.int(1, ATTACK_GAP_MS);
      yield { line: line(new Date(at)), time: new Date(at), ruleId };
    }
  }
}

type Lines = globalThis.Generator<GeneratedLine, never, unknown>;

function findGenerator(logType: string): Generator {
  const found = GENERATORS.find((generator) => generator.logType === logType);
  if (found === undefined) throw new Error(`there is no generator for logs of type ${logType}`);
  return found;
}

/** Exponentially distributed, so that lines come in bursts and lulls. */
function gapMs(random: Random, eventsPerSecond: number): number {
  return (-Math.log(1 - random.next()) * 1_000) / eventsPerSecond;
}

function pickAttack(
  generator: Generator,
  random: Random,
): { ruleId: string; lines(random: Random): readonly LineAt[] } {
  const [first, ...others] = generator.attacks;
  if (first === undefined) return { ruleId: '', lines: () => [] };
  return random.pick([first, ...others]);
}
