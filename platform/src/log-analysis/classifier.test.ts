import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogEvent } from '../core/event.ts';
import { createClassifier } from './classifier.ts';
import { type CompiledLogType, compileLogType } from './compile.ts';
import { loadSchema } from './schema.ts';

const CONTEXT = { rowId: 'r', parseTime: 'p', nowMs: 0, sourceId: undefined, sourceLabel: undefined };

/** A type that counts how often it is tried. */
function type(name: string, field: string): CompiledLogType & { tries: number } {
  const compiled = compileLogType(
    loadSchema(`schema: ${name}\nfields:\n  - {name: ${field}, type: string, required: true}\n`, 'x.yml'),
  );
  const counted = {
    ...compiled,
    tries: 0,
    normalise(...args: Parameters<CompiledLogType['normalise']>): LogEvent | string {
      counted.tries += 1;
      return compiled.normalise(...args);
    },
  };
  return counted;
}

describe('classifier', () => {
  it('tries the type that matched last first', () => {
    const [a, b] = [type('Test.Aa', 'a'), type('Test.Bb', 'b')];
    const classifier = createClassifier([a, b], () => 0);
    for (let n = 0; n < 10; n += 1) classifier.classify('{"b":"1"}', CONTEXT);
    assert.equal(classifier.logType, 'Test.Bb');
    assert.deepEqual([a.tries, b.tries], [1, 10]);
  });

  it('tries types with the same penalty in the given order', () => {
    const [a, b] = [type('Test.Aa', 'x'), type('Test.Bb', 'x')];
    const classifier = createClassifier([b, a], () => 0);
    classifier.classify('{"x":"1"}', CONTEXT);
    assert.equal(classifier.logType, 'Test.Bb');
  });

  it('says of every type why it does not accept, within bounds', () => {
    const types = Array.from({ length: 30 }, (_, n) => type(`Test.Type${n}`, 'x'.repeat(60)));
    const reason = createClassifier(types, () => 0).classify('{}', CONTEXT);
    assert.ok(typeof reason === 'string' && reason.length <= 1_000);
    assert.match(reason, /^no log type accepts it: Test\.Type0: x+ is missing; Test\.Type1: /);
    assert.match(createClassifier([], () => 0).classify('x', CONTEXT) as string, /no log type is given/);
  });

  it('does not quote a broken record', () => {
    const reason = createClassifier([type('Test.Aa', 'a')], () => 0).classify('{"password":"hunter2" oops}', CONTEXT);
    assert.equal(reason, 'no log type accepts it: Test.Aa: not valid JSON (at character 23)');
  });

  it('takes a crash of a type for a refusal', () => {
    const crashing: CompiledLogType = {
      ...type('Test.Crash', 'a'),
      normalise() {
        throw new Error('boom');
      },
    };
    const classifier = createClassifier([crashing, type('Test.Aa', 'a')], () => 0);
    assert.equal(typeof classifier.classify('{"a":"1"}', CONTEXT), 'object');
    assert.equal(classifier.logType, 'Test.Aa');
  });
});
