/** The logs of the crash test: files of every kind that a watched folder takes, good and bad, arriving over a while. */
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { administratorAttached, nginxLine, type Random, rootSignIn, sshFailure, trailRecord } from './traffic.ts';

/** One step of what arrives; `put` takes the folder of the watched folders. */
export interface Delivery {
  readonly waitMs: number;
  put(logs: string): void;
}

const TRAIL_FILES = 10;
const TRAIL_EVENTS = 2_500;
const GROWTHS = 12;

export interface CrashLogs {
  /** One small file that is there at the start. */
  readonly first: Pick<Delivery, 'put'>;
  readonly deliveries: readonly Delivery[];
  /** The sizes of all files at the end, together. */
  readonly bytes: number;
}

export function makeCrashLogs(random: Random): CrashLogs {
  const first = file(
    'trail/first.json',
    lines(1, () => JSON.stringify(rootSignIn(random, 'first', '123456789010'))),
  );
  const trail = Array.from({ length: TRAIL_FILES }, (_, index) => trailFile(random, index));
  const growing = growingFile(random);
  const others = [
    file('web/old.log.zst', zstdCompressSync(lines(300, () => nginxLine(random, '/old')))),
    file(
      'web/ssh.log',
      lines(60, (index) => sshFailure(random, `203.0.113.${index % 3}`)),
    ),
    file(
      'trail/records.json',
      Buffer.from(JSON.stringify({ Records: range(200).map((n) => trailRecord(random, `r${n}`)) })),
    ),
    file(
      'trail/bad.json',
      lines(40, (index) => (index % 4 === 0 ? `{"eventName": ${index}` : trailLine(random, `b${index}`))),
    ),
    file('trail/empty.json', Buffer.alloc(0)),
  ];
  const steps = [...trail, ...others];
  const deliveries: Delivery[] = [];
  const bytes = [first, ...steps, ...growing].reduce((sum, step) => sum + step.bytes, 0);
  while (steps.length + growing.length > 0) {
    const isGrowth = steps.length === 0 || (growing.length > 0 && random() < 0.45);
    const next = (isGrowth ? growing.shift() : steps.shift()) as Step;
    deliveries.push({ waitMs: Math.floor(random() * 160), put: next.put });
  }
  return { first, deliveries, bytes };
}

interface Step {
  readonly bytes: number;
  put(logs: string): void;
}

/** Complete when it appears, and older than that, so that it is taken at once. */
function file(path: string, content: Uint8Array): Step {
  return {
    bytes: content.length,
    put(logs) {
      const target = join(logs, path);
      writeFileSync(`${target}.part`, content);
      utimesSync(`${target}.part`, 1_767_322_800, 1_767_322_800);
      renameSync(`${target}.part`, target);
    },
  };
}

/** Every fifth ends in the middle of its compressed bytes, as after a broken transfer. */
function trailFile(random: Random, index: number): Step {
  const content = gzipSync(
    lines(TRAIL_EVENTS, (n) => matchOrNot(random, `t${index}-${n}`)),
    { level: 1 },
  );
  const isTruncated = index % 5 === 3;
  return file(`trail/trail-${index}.json.gz`, isTruncated ? content.subarray(0, content.length * 0.6) : content);
}

function matchOrNot(random: Random, id: string): string {
  const chance = random();
  if (chance < 0.01) return JSON.stringify(rootSignIn(random, id, `1234567890${10 + Math.floor(random() * 5)}`));
  if (chance < 0.02) return JSON.stringify(administratorAttached(random, id, `user-${Math.floor(random() * 5)}`));
  return trailLine(random, id);
}

function trailLine(random: Random, id: string): string {
  return JSON.stringify(trailRecord(random, id));
}

/** A log that is written while it is read; its pieces end anywhere in a line. */
function growingFile(random: Random): Step[] {
  const content = lines(3_000, (index) =>
    index % 50 === 7 ? `not a line of nginx ${index}` : nginxLine(random, `/page/${index}`),
  );
  const size = Math.ceil(content.length / GROWTHS);
  return range(GROWTHS).map((index) => {
    const piece = content.subarray(index * size, (index + 1) * size);
    return { bytes: piece.length, put: (logs) => appendFileSync(join(logs, 'web/access.log'), piece) };
  });
}

function lines(count: number, line: (index: number) => string): Buffer {
  return Buffer.from(`${range(count).map(line).join('\n')}\n`);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
