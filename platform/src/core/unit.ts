/** The unit of work of the log processor: one version of one input object. */

/** What travels on `panther-input-data-notifications-queue`, as JSON. */
export interface InputObject {
  readonly sourceId: string;
  /** Bucket of the object store, or the source type's own namespace (a watched folder's path). */
  readonly bucket: string;
  readonly key: string;
  /** Compressed size; -1 when unknown. */
  readonly sizeBytes: number;
  /** ETag, or what stands for it: two objects with equal bucket, key and version have equal bytes. */
  readonly version: string;
  /** Only for objects that grow: the half-open byte range that is this unit. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** At every moment of rest `received = stored + quarantined + rejected`. A record that yields no event on purpose (a CSV header) is not received. */
export interface UnitCounts {
  /** Records found in the object. */
  readonly received: number;
  /** Records whose events are in the lake. */
  readonly stored: number;
  /** Records kept because no log type of the source accepts them; they can be reprocessed. */
  readonly quarantined: number;
  /** Records kept because they break a limit (too long, corrupt compression). */
  readonly rejected: number;
  /** Events written; a record can give several. */
  readonly events: number;
  /** Uncompressed bytes read. */
  readonly bytes: number;
}

/** A record that is kept instead of stored. */
export interface KeptRecord {
  readonly kind: 'quarantined' | 'rejected';
  /** 0-based position among the unit's records. */
  readonly position: number;
  /** 1-based line, when the object is made of lines. */
  readonly line?: number;
  /** Offset of the record's first byte in the uncompressed object. */
  readonly byteOffset: number;
  readonly sizeBytes: number;
  /** One sentence that says why, naming the log types that were tried. */
  readonly reason: string;
  /** The record's bytes; absent when they were too many to hold, then `objectKey` says where they are kept. */
  readonly raw?: Uint8Array;
  readonly objectKey?: string;
}
