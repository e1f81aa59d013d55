/** zstd (RFC 8878), frame after frame. */
import { createZstdDecompress } from 'node:zlib';
import { type Decoder, Inflater, OUTPUT_CHUNK, TRAILING, TRUNCATED } from './inflater.ts';

/** First byte of the magic number of a frame, and of the sixteen of skippable frames. */
const FRAME = 0x28;
const SKIPPABLE_FROM = 0x50;
const SKIPPABLE_TO = 0x5f;

export class ZstdDecoder implements Decoder {
  problem: string | undefined;
  #chunks: Buffer[] = [];
  #inflater = this.#open();

  async write(slice: Buffer): Promise<void> {
    let rest = slice;
    while (rest.length > 0 && this.problem === undefined) {
      if (this.#inflater.hasEnded) this.#nextFrame(rest[0] as number);
      if (this.problem !== undefined) return;
      rest = await this.#inflater.write(rest);
      this.#checkError();
    }
  }

  async finish(): Promise<void> {
    await this.#inflater.finish();
    this.#checkError();
  }

  take(): readonly Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  close(): void {
    this.#inflater.close();
  }

  #open(): Inflater {
    return new Inflater(createZstdDecompress({ chunkSize: OUTPUT_CHUNK }), (chunk) => this.#chunks.push(chunk));
  }

  #nextFrame(first: number): void {
    if (first === FRAME || (first >= SKIPPABLE_FROM && first <= SKIPPABLE_TO)) {
      this.#inflater.close();
      this.#inflater = this.#open();
    } else {
      this.problem = `the zstd ${TRAILING}`;
    }
  }

  #checkError(): void {
    const { error } = this.#inflater;
    if (error === undefined || this.problem !== undefined) return;
    const isCutOff = error.code === 'Z_BUF_ERROR' || error.message.includes('unexpected end');
    this.problem = isCutOff
      ? `the zstd ${TRUNCATED}`
      : `the zstd stream is corrupt (${error.message}); what follows is lost`;
  }
}
