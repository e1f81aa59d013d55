/** The spool of push sources: what they receive is durable in the bucket `panther-input-data` before it is accepted. */
import type { Readable } from 'node:stream';
import { BUCKETS } from '../../ports/buckets.ts';
import type { SourceContext } from '../source.ts';

type SpoolContext = Pick<SourceContext, 'source' | 'objects' | 'clock' | 'metrics' | 'newId' | 'enqueue'>;

/**
 * Stores one object and puts it on the queue; resolves to its key when both are durable.
 * @param suffix tells the log processor what it is: `.octet` for frames of `<length> <bytes>`; `.gz`, `.zst`, `.log`
 */
export async function storeInput(context: SpoolContext, body: Uint8Array | Readable, suffix: string): Promise<string> {
  const { source, objects, metrics } = context;
  const day = context.clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
  const key = `spool/${source.id}/${day}/${context.newId()}${suffix}`;
  const info = await objects.put(BUCKETS.inputData, key, body);
  if (info === undefined) throw new Error(`object ${key} was not stored`);
  const { sizeBytes, version } = info;
  await context.enqueue([{ sourceId: source.id, bucket: BUCKETS.inputData, key, sizeBytes, version }]);
  metrics.count('spooled_objects', 1, { source: source.name });
  metrics.count('spooled_bytes', sizeBytes, { source: source.name }, 'bytes');
  return key;
}
