/** Rows on disk, compressed, until there are enough of an hour for a file: for inputs whose events are spread over many hours. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

/** Where some rows of one table and hour are. */
export interface Segment {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface Spill {
  append(ndjson: Buffer): Promise<Segment>;
  read(segment: Segment): Promise<Buffer>;
  close(): Promise<void>;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export function createSpill(path: string): Spill {
  let file: FileHandle | undefined;
  let end = 0;
  return {
    async append(ndjson) {
      file ??= await open(path, 'w+');
      const bytes = await compress(ndjson, OPTIONS);
      const segment = { offset: end, sizeBytes: bytes.length };
      end += bytes.length;
      await file.write(bytes, 0, bytes.length, segment.offset);
      return segment;
    },
    async read({ offset, sizeBytes }) {
      if (file === undefined) throw new Error('nothing was spilled');
      const { buffer } = await file.read(Buffer.allocUnsafe(sizeBytes), 0, sizeBytes, offset);
      return decompress(buffer);
    },
    async close() {
      await file?.close();
      await rm(path, { force: true });
    },
  };
}
