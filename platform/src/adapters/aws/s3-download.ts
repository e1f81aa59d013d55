/** Reads on where a connection broke: S3 cuts long downloads, and networks do. */
import { Readable } from 'node:stream';

/** Without a byte in between. */
const MAX_RESUMES = 5;

/**
 * @param again opens the same version of the object at an offset
 * @param failed makes the error that the reader gets
 */
export function resumed(
  first: Readable,
  range: { readonly start: number; readonly end: number },
  again: (from: number) => Promise<Readable>,
  failed: (error: unknown) => Error,
): Readable {
  async function* read(): AsyncGenerator<Uint8Array> {
    let at = range.start;
    let body: Readable | undefined = first;
    for (let resumes = 0; ; ) {
      try {
        body ??= await again(at);
        for await (const chunk of body) {
          at += (chunk as Uint8Array).length;
          resumes = 0;
          yield chunk as Uint8Array;
        }
        return;
      } catch (error) {
        body?.destroy();
        body = undefined;
        if (at >= range.end || ++resumes > MAX_RESUMES) throw failed(error);
      }
    }
  }
  const stream = Readable.from(read(), { objectMode: false });
  // A reader that never starts must not hold the connection.
  stream.once('close', () => first.destroy());
  first.once('error', () => undefined);
  return stream;
}
