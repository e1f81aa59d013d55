/** The bytes of one generated log file, in chunks of whole rows. */
import { createRandom, type Random } from './random.ts';
import { type RowWriter, slowTemplate } from './row-writer.ts';

export interface FileContents {
  readonly writer: RowWriter;
  /** Decides everything but what the rows look like. */
  readonly seed: string;
  /** Times of the rows are spread over this, the end excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many rows; or how many bytes: the file ends with the row that reaches them. */
  readonly size: { readonly rows: number } | { readonly bytes: number };
  /** `{"Records":[…]}` instead of lines. */
  readonly isDocument: boolean;
  /** Probability that a row is followed by an attack. */
  readonly attackRate: number;
}

export interface Written {
  rows: number;
  bytes: number;
  /** Rows by the rule that detects them. */
  readonly attacks: Map<string, number>;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;
const COMMA = 44;
/** Longest gap between the rows of one attack. */
const ATTACK_GAP_MS = 300;

/** `chunkBytes`: how large chunks may get. `written` counts what is given. Equal contents give equal bytes. */
export function* fileChunks(
  file: FileContents,
  written: Written,
  chunkBytes: number = CHUNK_BYTES,
): Generator<Buffer, void, unknown> {
  const { writer, isDocument, attackRate } = file;
  const random = createRandom(file.seed);
  const rowsWanted = 'rows' in file.size ? file.size.rows : Number.POSITIVE_INFINITY;
  const bytesWanted = 'bytes' in file.size ? file.size.bytes : Number.POSITIVE_INFINITY;
  const expected = 'rows' in file.size ? file.size.rows : Math.max(1, file.size.bytes / writer.meanBytes);
  const stepMs = (file.toMs - file.fromMs) / expected;
  const start = isDocument
    ? '{"Records":['
    : writer.generator.header === undefined
      ? ''
      : `${writer.generator.header}\n`;
  const [separator, end] = isDocument ? [COMMA, ']}\n'] : [NEWLINE, ''];

  let out = Buffer.allocUnsafe(Math.max(chunkBytes, start.length));
  let at = out.write(start, 0);
  let total = at;
  let attack: AttackRows = [];
  for (let row = 0, ordinary = 0; row < rowsWanted && total < bytesWanted; row += 1) {
    const timeMs = Math.min(file.toMs - 1, Math.floor(file.fromMs + (ordinary + random.next()) * stepMs));
    const next = attack.shift();
    const template = next?.template ?? writer.pick(random);
    if (at + template.maxBytes + 2 > out.length) {
      if (at > 0) yield out.subarray(0, at);
      out = Buffer.allocUnsafe(Math.max(chunkBytes, template.maxBytes + 2));
      at = 0;
    }
    const before = at;
    if (isDocument && row > 0) out[at++] = separator;
    at = template.write(out, at, timeMs, random);
    if (!isDocument) out[at++] = separator;
    total += at - before;
    written.rows += 1;
    written.bytes += at - before;
    if (next !== undefined) {
      written.attacks.set(next.ruleId, (written.attacks.get(next.ruleId) ?? 0) + 1);
    } else if (attackRate > 0 && random.chance(attackRate)) {
      attack = attackRows(writer, random);
    }
    // The rows of an attack come close to each other.
    if (attack.length === 0) ordinary = row + 1;
    else ordinary += Math.min(1, ATTACK_GAP_MS / Math.max(stepMs, 1));
  }
  written.bytes += start.length + end.length;
  if (at > 0) yield out.subarray(0, at);
  if (end !== '') yield Buffer.from(end);
}

type AttackRows = { readonly ruleId: string; readonly template: ReturnType<typeof slowTemplate> }[];

function attackRows({ generator }: RowWriter, random: Random): AttackRows {
  const [first, ...others] = generator.attacks;
  if (first === undefined) return [];
  const { ruleId, lines } = random.pick([first, ...others]);
  return lines(random).map((line) => ({ ruleId, template: slowTemplate(line) }));
}
