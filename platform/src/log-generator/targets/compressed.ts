/** Chunks as a stream, compressed or not. */
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** `level` 0: as they are. Whoever reads the stream is told when the chunks fail. */
export function compressed(chunks: AsyncIterable<Buffer>, level: number): Readable {
  const output = level === 0 ? new PassThrough() : createGzip({ level, chunkSize: 64 * 1024 });
  pipeline(Readable.from(chunks, { highWaterMark: 2 }), output).catch(() => {});
  return output;
}
