/** The bare reference that figures are ratios to, and how times are taken. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** As little as can be done to get objects from gzip NDJSON. Gives their number. */
export async function bareLoop(file: string): Promise<number> {
  let rest = '';
  let events = 0;
  const gunzip = createReadStream(file).pipe(createGunzip({ chunkSize: 256 * 1024 }));
  gunzip.setEncoding('utf8');
  for await (const chunk of gunzip as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      JSON.parse(line);
      events += 1;
    }
  }
  return events;
}

/** Seconds. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
