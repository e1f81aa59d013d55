/** Rows of one log type, fast: a pool of lines as templates, made when they are first needed. */
import type { Generator, LineAt } from './generator.ts';
import { type Arbitrary, createRandom, type Random } from './random.ts';
import { makeTemplate, type Template } from './template.ts';

export interface RowWriter {
  readonly generator: Generator;
  /** Mean length of a row in bytes, with its line break. */
  readonly meanBytes: number;
  /** A row of an ordinary day; templates are shared, `random` decides. */
  pick(random: Random): Template;
}

/** So many lines differ in more than times and ids. */
const POOL = 512;
const SAMPLE = 32;

/** Equal seeds give equal rows. */
export function createRowWriter(generator: Generator, seed: string): RowWriter {
  const pool: Template[] = [];

  function template(index: number): Template {
    const known = pool[index];
    if (known !== undefined) return known;
    const made: Arbitrary[] = [];
    const line = generator.line(createRandom(`${seed}/${generator.logType}/${index}`, (each) => made.push(each)));
    const fresh = makeTemplate(line, made) ?? slowTemplate(line);
    pool[index] = fresh;
    return fresh;
  }

  let mean = 0;
  return {
    generator,
    get meanBytes() {
      if (mean === 0) for (let index = 0; index < SAMPLE; index += 1) mean += measure(template(index)) / SAMPLE;
      return mean;
    },
    pick: (random) => template(random.bits() % POOL),
  };
}

/** A line whose times stand in it in a way that cannot be filled in. */
export function slowTemplate(line: LineAt): Template {
  const maxBytes = Buffer.byteLength(line(new Date(1.8e12))) + 64;
  return { maxBytes, write: (out, at, timeMs) => at + out.write(line(new Date(timeMs)), at) };
}

function measure(template: Template): number {
  return template.write(Buffer.allocUnsafe(template.maxBytes), 0, 1.8e12, createRandom(0)) + 1;
}
