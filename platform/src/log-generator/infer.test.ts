/** Logs that are made, a schema that is inferred from them, the logs read with it. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inferSchema } from '../log-analysis/infer/infer.ts';
import { loadLogTypes } from '../log-analysis/schema.ts';
import { processChunks } from '../log-analysis/test-support.ts';
import { GENERATORS } from './index.ts';
import { fileChunks } from './log-file.ts';
import { createRowWriter } from './row-writer.ts';
import { schemaGenerator } from './schema/generator.ts';

const logTypes = loadLogTypes(fileURLToPath(new URL('../../../content/log-types', import.meta.url)));
const [FROM_MS, TO_MS] = [Date.parse('2026-01-14T12:00:00Z'), Date.parse('2026-01-14T13:00:00Z')];

describe('generate, infer, parse', () => {
  for (const logType of logTypes.values()) {
    it(logType.name, async () => {
      const generator = GENERATORS.find((each) => each.logType === logType.name) ?? schemaGenerator(logType);
      const writer = createRowWriter(generator, 'infer');
      const contents = { writer, seed: '1', fromMs: FROM_MS, toMs: TO_MS, size: { rows: 800 }, isDocument: false };
      const text = Buffer.concat([
        ...fileChunks({ ...contents, attackRate: 0.01 }, { rows: 0, bytes: 0, attacks: new Map() }),
      ]);
      const inputs = [{ name: 'made.log', open: async () => Readable.from([text]) }];
      const inferred = await inferSchema(inputs, { name: 'Custom.Made', signal: new AbortController().signal });
      assert.deepEqual([inferred.records, inferred.unreadable], [800, 0]);
      const { events, kept } = await processChunks([text], [inferred.logType], { now: () => new Date(TO_MS) });
      assert.deepEqual(kept, []);
      assert.equal(events.length, 800);
      for (const { p_event_time: time } of events) assert.match(time, /^2026-01-14 1[123]:/);
    });
  }
});
