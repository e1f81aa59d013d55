import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { toEpochMs } from '../core/time.ts';
import { type LogType, loadLogTypes, loadSchema } from '../log-analysis/schema.ts';
import { processChunks } from '../log-analysis/test-support.ts';
import type { Generator } from './generator.ts';
import { GENERATORS } from './index.ts';
import { type FileContents, fileChunks, type Written } from './log-file.ts';
import { createRowWriter } from './row-writer.ts';
import { schemaGenerator } from './schema/generator.ts';

const logTypes = loadLogTypes(fileURLToPath(new URL('../../../content/log-types', import.meta.url)));
const FROM_MS = Date.parse('2026-01-14T12:00:00Z');
const TO_MS = FROM_MS + 3_600_000;

function generatorsOf(logType: LogType): Generator[] {
  const own = GENERATORS.find((each) => each.logType === logType.name);
  return [...(own === undefined ? [] : [own]), schemaGenerator(logType)];
}

function make(generator: Generator, seed: string, more: Partial<FileContents> = {}, chunkBytes?: number) {
  const written: Written = { rows: 0, bytes: 0, attacks: new Map() };
  const contents: FileContents = {
    writer: createRowWriter(generator, seed),
    seed,
    fromMs: FROM_MS,
    toMs: TO_MS,
    size: { rows: 60 },
    isDocument: false,
    attackRate: 0,
    ...more,
  };
  const chunks = [...fileChunks(contents, written, chunkBytes)].map((chunk) => Buffer.from(chunk));
  return { bytes: Buffer.concat(chunks), chunks, written };
}

describe('log files', () => {
  for (const logType of logTypes.values()) {
    for (const [index, generator] of generatorsOf(logType).entries()) {
      const kind = generator.attacks.length > 0 && index === 0 ? 'the generator' : 'the schema';
      it(`of ${logType.name} from ${kind}: every row is read as one, at a time of the file, whatever the seed`, async () => {
        await fc.assert(
          fc.asyncProperty(fc.string({ maxLength: 8 }), async (seed) => {
            const { bytes, written } = make(generator, seed);
            const { events, kept } = await processChunks([bytes], [logType], { now: () => new Date(TO_MS) });
            assert.deepEqual(kept, []);
            assert.equal(events.length, 60);
            assert.deepEqual([written.rows, written.bytes], [60, bytes.length]);
            for (const event of events) {
              assert.equal(event.p_log_type, logType.name);
              const timeMs = toEpochMs(event.p_event_time);
              assert.ok(timeMs >= FROM_MS - 1_000 && timeMs <= TO_MS, event.p_event_time);
            }
            assert.deepEqual(make(generator, seed).bytes, bytes);
          }),
          { numRuns: 8 },
        );
      });
    }
  }

  it('differ with the seed, and within a file in times and ids', () => {
    const [cloudtrail] = GENERATORS.filter(({ logType }) => logType === 'AWS.CloudTrail');
    assert.ok(cloudtrail !== undefined);
    assert.notDeepEqual(make(cloudtrail, 'a').bytes, make(cloudtrail, 'b').bytes);
    const { bytes } = make(cloudtrail, 'a', { size: { rows: 5_000 } });
    const rows = bytes.toString().trimEnd().split('\n');
    const records = rows.map((row) => JSON.parse(row) as { eventID: string; eventTime: string });
    assert.equal(new Set(records.map(({ eventID }) => eventID)).size, 5_000);
    assert.match(records[0]?.eventID ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    const times = records.map(({ eventTime }) => eventTime);
    assert.deepEqual(times, times.toSorted());
    assert.ok(new Set(times).size > 2_000);
  });

  it('are as long as wanted, in chunks of whole rows', () => {
    for (const generator of GENERATORS) {
      const { bytes, chunks } = make(generator, 's', { size: { bytes: 100_000 } }, 4_096);
      assert.ok(bytes.length >= 100_000 && bytes.length < 105_000, `${generator.logType}: ${bytes.length}`);
      assert.ok(chunks.length > 20);
      for (const chunk of chunks) assert.equal(chunk.at(-1), 10);
    }
  });

  it('of CloudTrail can be documents', async () => {
    const [cloudtrail] = GENERATORS.filter(({ logType }) => logType === 'AWS.CloudTrail');
    const logType = logTypes.get('AWS.CloudTrail');
    assert.ok(cloudtrail !== undefined && logType !== undefined);
    const { bytes, written } = make(cloudtrail, 's', { isDocument: true, size: { rows: 700 } }, 8_192);
    assert.equal((JSON.parse(bytes.toString()) as { Records: unknown[] }).Records.length, 700);
    assert.equal(written.bytes, bytes.length);
    const { events, kept } = await processChunks([bytes], [logType]);
    assert.deepEqual([events.length, kept.length], [700, 0]);
  });

  it('hold attacks when they are wanted, and count them', async () => {
    for (const generator of GENERATORS) {
      const { bytes, written } = make(generator, 's', { size: { rows: 2_000 }, attackRate: 0.05 });
      const logType = logTypes.get(generator.logType);
      assert.ok(logType !== undefined);
      const { events, kept } = await processChunks([bytes], [logType], { now: () => new Date(TO_MS) });
      assert.deepEqual([events.length, kept.length], [2_000, 0], generator.logType);
      assert.deepEqual(
        [...written.attacks.keys()].toSorted(),
        generator.attacks.map(({ ruleId }) => ruleId).toSorted(),
      );
    }
  });
});

describe('logs of a schema', () => {
  const SCHEMAS: Readonly<Record<string, string>> = {
    'every type, nested': `
fields:
  - {name: id, type: bigint, required: true}
  - {name: when, type: timestamp, timeFormat: unix_ns, isEventTime: true, required: true}
  - {name: small, type: smallint, validate: {min: 3, max: 5}}
  - {name: share, type: float}
  - {name: is_new, type: boolean}
  - {name: extra, type: json}
  - {name: inner, type: object, required: true, fields: [{name: who, type: ref, target: Person, required: true}]}
  - {name: tags, type: array, element: {type: string}}
  - {name: '@timestamp', type: timestamp, timeFormat: 'layout=02 Jan 2006 15:04:05.000 MST'}
  - {name: renamed, rename: {from: other-name}, type: string, required: true, indicators: [email]}
  - {name: copied, copy: {from: [deep, down]}, type: string, required: true}
  - {name: packed, type: object, isEmbeddedJSON: true, fields: [{name: a, type: int, required: true}]}
definitions:
  Person: {type: object, fields: [{name: email, type: string, required: true, indicators: [email]}]}`,
    'what it checks': `
check:
  - {field: kind, in: [created, deleted]}
  - any: [{field: version, equals: 2}, {field: [meta, version], startsWith: v2}]
  - {field: size, min: 10, max: 12}
  - not: {field: gone, exists: true}
fields:
  - {name: kind, type: string, required: true}
  - {name: version, type: int}
  - {name: gone, type: string}
  - {name: code, type: string, required: true, validate: {pattern: '^[A-Z]{3}-[0-9]{4}$'}}
  - {name: level, type: string, validate: {allow: [low, high]}}`,
    'delimited text with a header': `
parser: {csv: {hasHeader: true, delimiter: ','}}
fields:
  - {name: time, type: timestamp, timeFormat: '%d %b %Y, %H:%M:%S', isEventTime: true, required: true}
  - {name: user_agent, type: string}
  - {name: bytes, type: bigint, required: true}`,
    'a fast match': `
parser: {fastmatch: {match: ['%{time} [%{level}] "%{message}" %{}=%{rest}']}}
fields:
  - {name: time, type: timestamp, timeFormat: rfc3339, isEventTime: true, required: true}
  - {name: level, type: string}
  - {name: message, type: string}
  - {name: rest, type: string}`,
    'a pattern': `
parser:
  regex:
    match: ['^%{SYSLOGTIMESTAMP:time} %{IPORHOST:host} (?<program>\\w+)(?:\\[%{POSINT:pid}\\])?: ', '%{GREEDYDATA:message}$']
fields:
  - {name: time, type: timestamp, timeFormat: '%b %e %H:%M:%S', isEventTime: true}
  - {name: host, type: string, required: true, indicators: [hostname]}
  - {name: program, type: string, required: true}
  - {name: pid, type: int}
  - {name: message, type: string}`,
    'values inside a value': `
extract: [{from: peer, pattern: '^%{IP:peer_ip}:%{POSINT:peer_port}$', required: true}]
fields:
  - {name: peer_ip, type: string, required: false, indicators: [ip]}
  - {name: peer_port, type: int}`,
  };

  for (const [name, text] of Object.entries(SCHEMAS)) {
    it(`with ${name} are read by it, whatever the seed`, async () => {
      const logType = loadSchema(`schema: Custom.Test${text}`, 'test.yml');
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const { bytes } = make(schemaGenerator(logType), String(seed));
          const { events, kept } = await processChunks([bytes], [logType], { now: () => new Date(TO_MS) });
          assert.deepEqual(kept, [], bytes.toString());
          assert.equal(events.length, 60);
        }),
        { numRuns: 10 },
      );
    });
  }

  it('that nothing can meet are refused with the reason', () => {
    const logType = loadSchema(
      'schema: Custom.Test\ncheck: [{field: a, equals: 1}, {field: a, equals: 2}]\nfields: [{name: a, type: int}]',
      'never.yml',
    );
    assert.throws(
      () => make(schemaGenerator(logType), '1'),
      /never\.yml.*|no logs of type Custom\.Test.*does not meet/,
    );
  });
});
