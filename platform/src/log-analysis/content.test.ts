/** Every log type in `content/log-types` against its samples, and against the shared fixtures when they are there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { type LogType, loadLogTypes } from './schema.ts';
import { processChunks } from './test-support.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CONTENT = join(ROOT, 'content/log-types');
const FIXTURES = join(ROOT, '../shared/fixtures/log-types');

interface Case {
  readonly name: string;
  readonly now?: string;
  readonly input: string;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly events?: readonly Readonly<Record<string, unknown>>[];
  readonly error?: boolean;
  readonly event_time_is_parse_time?: boolean;
}

const PER_RUN = ['p_row_id', 'p_parse_time', 'p_source_id', 'p_source_label'];

async function check(sample: Case, logType: LogType): Promise<void> {
  const now = new Date(sample.now ?? '2026-01-15T00:00:00Z');
  const { events, kept, counts } = await processChunks([sample.input], [logType], { now: () => now });
  assert.equal(counts.received, counts.stored + counts.quarantined + counts.rejected);
  if (sample.error) {
    assert.deepEqual(events, []);
    assert.ok(kept.length > 0, 'must be rejected');
    return;
  }
  assert.deepEqual(
    kept.map((record) => record.reason),
    [],
  );
  const expected = sample.events ?? [sample.event];
  const hidden = sample.event_time_is_parse_time ? [...PER_RUN, 'p_event_time'] : PER_RUN;
  for (const event of events) if (sample.event_time_is_parse_time) assert.equal(event.p_event_time, event.p_parse_time);
  assert.deepEqual(
    events.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !hidden.includes(name)))),
    expected,
  );
}

const logTypes = loadLogTypes(CONTENT);

describe('samples of log types', () => {
  for (const logType of logTypes.values()) {
    const cases = parse(readFileSync(logType.file.replace(/\.yml$/, '.samples.yml'), 'utf8')) as readonly Case[];
    for (const sample of cases) it(`${logType.name}: ${sample.name}`, () => check(sample, logType));
  }
});

describe('shared fixtures', { skip: existsSync(FIXTURES) ? false : `${FIXTURES} is not there` }, () => {
  const files = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
  for (const file of files) {
    const logType = logTypes.get(file.replace(/\.yml$/, ''));
    if (logType === undefined) continue;
    const cases = parse(readFileSync(join(FIXTURES, file), 'utf8')) as readonly Case[];
    for (const sample of cases) it(`${logType.name}: ${sample.name}`, () => check(sample, logType));
  }
});
