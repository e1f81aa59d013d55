/** Lookup tables of a folder of content, for commands that run its rules without a Panther. */

import { errorMessage, UserError } from '../core/errors.ts';
import type { LogEvent } from '../core/event.ts';
import type { Detection } from '../detections/detection.ts';
import { lookupUseOf } from '../detections/lookup-use.ts';
import type { FindRow } from '../detections/state/key-values.ts';
import { compileEnrichment } from '../enrichment/enrich.ts';
import { type LookupTable, loadTable } from '../enrichment/table.ts';

export interface ContentLookups {
  enrich(event: LogEvent): void;
  /** @throws UserError for a table whose data is not in the content, or cannot be read */
  readonly find: FindRow;
}

/** Of the tables that are enabled. Each is read when it is first needed. */
export function contentLookups(detections: readonly Detection[]): ContentLookups {
  const tables = new Map(
    detections.filter(({ type, isEnabled }) => type === 'lookup_table' && isEnabled).map((one) => [one.id, one]),
  );
  const loaded = new Map<string, LookupTable>();

  function load(one: Detection): LookupTable {
    const table = loaded.get(one.id) ?? readTable(one);
    loaded.set(one.id, table);
    return table;
  }

  const uses = () =>
    [...tables.values()]
      .filter(({ body }) => body !== '')
      .map((one) => ({ name: one.id, table: load(one), logTypes: lookupUseOf(one).logTypes }));
  let enrichers: ReturnType<typeof compileEnrichment> | undefined;
  return {
    enrich(event) {
      enrichers ??= compileEnrichment(uses());
      enrichers.get(event.p_log_type)?.(event);
    },
    find(name, key) {
      const one = tables.get(name);
      if (one === undefined) return undefined;
      if (one.body !== '') return load(one).find(key);
      throw new UserError(
        `the lookup table ${name} has no data here: a running Panther fetches it. For tests put rows into the event: _mocked_lookup_data_: {${name}: {key: row}}`,
      );
    },
  };
}

function readTable({ id, file, body, ...rest }: Detection): LookupTable {
  try {
    return loadTable({ name: file, bytes: Buffer.from(body), primaryKey: lookupUseOf(rest).primaryKey });
  } catch (cause) {
    throw new UserError(
      `the data of the lookup table ${id} cannot be read: ${errorMessage(cause)}`,
      { file },
      { cause },
    );
  }
}
