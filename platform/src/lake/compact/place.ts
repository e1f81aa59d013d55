/** Where the files of a Panther's data are that has no catalog: a folder, or a bucket and a prefix. */
import type { Objects } from '../../ports/objects.ts';

export interface Place {
  readonly objects: Objects;
  readonly bucket: string;
  /** Before `logs/`, `rules/` and the like: empty, or ends with a slash. */
  readonly prefix: string;
  /** Files of a partition that are read at a time: a store that is far away answers late. 2 without it. */
  readonly readsAtOnce?: number;
}

/** Of what is not data: originals that are kept, rows that do not fit. Readers of the lake leave out such names. */
export const ASIDE = '_compact/';

/** The key for something aside that belongs to a file. */
export function asideKey(place: Place, kind: 'originals' | 'unfit', key: string): string {
  return `${place.prefix}${ASIDE}${kind}/${key.slice(place.prefix.length)}`;
}
