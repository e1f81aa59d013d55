/** Records that a source kept instead of storing, newest input first. */
import { sql } from 'kysely';
import type { z } from 'zod';
import type { KeptRecord as Kept } from '../../core/unit.ts';
import type { KeptRecord, sourceRoutes } from '../contract/sources.ts';
import type { ApiDeps } from '../deps.ts';
import { after, type Cursor, decodeCursor, encodeCursor } from './paging.ts';

type Query = z.output<(typeof sourceRoutes.listKeptRecords)['query']>;
type Page = z.output<(typeof sourceRoutes.listKeptRecords)['response']>;

const SAMPLE_BYTES = 2_000;
/** Objects looked through for one page; then it ends early, so that a request stays short. */
const MAX_OBJECTS = 50;

/** The cursor's id is `<object key>\n<records of it that were shown>`. */
export async function listKeptRecords(deps: ApiDeps, sourceId: string, query: Query): Promise<Page> {
  const limit = query.limit ?? 50;
  const start = decodeCursor(query.cursor);
  const objects = await readObjects(deps, sourceId, start);
  const items: KeptRecord[] = [];
  for (const object of objects.slice(0, MAX_OBJECTS)) {
    const skip = start !== undefined && positionOf(start).key === object.object_key ? positionOf(start).shown : 0;
    const more = await readRecords(deps, object, { skip, take: limit - items.length, kind: query.kind });
    items.push(...more.items);
    if (more.hasMore) return { items, nextCursor: cursorAt(object, skip + more.items.length) };
  }
  const next = objects[MAX_OBJECTS];
  return { items, nextCursor: next === undefined ? null : cursorAt(next, 0) };
}

type KeptObject = Awaited<ReturnType<typeof readObjects>>[number];

function cursorAt(object: KeptObject, shown: number): string {
  return encodeCursor({ value: object.created_at, id: `${object.object_key}\n${shown}` });
}

function positionOf({ id }: Cursor): { key: string; shown: number } {
  const [key = '', shown] = String(id).split('\n', 2);
  return { key, shown: Number(shown) || 0 };
}

/** From the cursor's object on, that one included. */
function readObjects({ state }: ApiDeps, sourceId: string, start: Cursor | undefined) {
  const query = state.db
    .selectFrom('kept_records')
    .leftJoin('units', 'units.id', 'kept_records.unit_id')
    .select(['kept_records.object_key', 'kept_records.created_at', 'kept_records.reprocessed_at'])
    .select(['units.bucket', 'units.key'])
    .where('kept_records.source_id', '=', sourceId)
    .orderBy('kept_records.created_at', 'desc')
    .orderBy('kept_records.object_key', 'desc')
    .limit(MAX_OBJECTS + 1);
  if (start === undefined) return query.execute();
  const createdAt = sql.ref('kept_records.created_at');
  const objectKey = sql.ref('kept_records.object_key');
  const { key } = positionOf(start);
  const from = after(createdAt, objectKey, { value: start.value, id: key }, 'descending');
  return query.where((eb) => eb.or([from, eb('kept_records.object_key', '=', key)])).execute();
}

async function readRecords(
  deps: ApiDeps,
  object: KeptObject,
  want: { skip: number; take: number; kind: Kept['kind'] | undefined },
): Promise<{ items: KeptRecord[]; hasMore: boolean }> {
  const items: KeptRecord[] = [];
  let seen = 0;
  for await (const record of (await deps.keptRecords(object.object_key)) ?? []) {
    if (want.kind !== undefined && record.kind !== want.kind) continue;
    seen += 1;
    if (seen <= want.skip) continue;
    if (items.length === want.take) return { items, hasMore: true };
    items.push(toRecord(record, object));
  }
  return { items, hasMore: false };
}

function toRecord(record: Kept, object: KeptObject): KeptRecord {
  const raw = record.raw ?? new Uint8Array();
  const { kind, position, line = null, byteOffset, sizeBytes, reason } = record;
  return {
    objectKey: object.object_key,
    kind,
    file: [object.bucket, object.key].filter(Boolean).join('/'),
    position,
    line,
    byteOffset,
    sizeBytes,
    reason,
    sample: new TextDecoder().decode(raw.subarray(0, SAMPLE_BYTES)),
    sampleTruncated: raw.byteLength > SAMPLE_BYTES || raw.byteLength < sizeBytes,
    keptAt: object.created_at,
    reprocessedAt: object.reprocessed_at,
  };
}
