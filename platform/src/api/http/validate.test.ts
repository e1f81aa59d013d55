import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { RouteSpec } from '../contract/route.ts';
import { checkAnswer, requestValidator } from './validate.ts';

const route: RouteSpec = {
  method: 'GET',
  path: '/things/:id',
  summary: 'List things',
  role: 'read-only',
  params: z.object({ id: z.string() }),
  query: z.object({
    limit: z.int().optional(),
    isOpen: z.boolean().optional(),
    tag: z.array(z.string()).optional(),
    text: z.string().optional(),
  }),
  response: z.object({ name: z.string() }),
};

const parse = (query: string) =>
  requestValidator(route)({ params: { id: '1' }, query: new URLSearchParams(query), body: undefined }).query;

test('text of a query becomes what the schema expects', () => {
  assert.deepEqual(parse('limit=5&isOpen=false&tag=a&text=12'), { limit: 5, isOpen: false, tag: ['a'], text: '12' });
  assert.deepEqual(parse('tag=a&tag=b'), { tag: ['a', 'b'] });
  assert.deepEqual(parse('text=true'), { text: 'true' });
});

for (const query of ['limit=5x', 'limit=', 'limit=1&limit=2', 'isOpen=yes', 'text=a&text=b', 'other=1']) {
  test(`${query} is refused`, () => assert.throws(() => parse(query), { name: 'HttpError', status: 400 }));
}

test('an answer with a field that is not declared is noticed', () => {
  checkAnswer(route, { name: 'x' });
  assert.throws(() => checkAnswer(route, { name: 'x', passwordHash: 'y' }), /more than its schema/);
  assert.throws(() => checkAnswer(route, {}));
});

test('mistakes are said in words, with the field', () => {
  const validate = requestValidator({
    ...route,
    body: z.object({ name: z.string().min(1), tags: z.array(z.object({ size: z.int() })).optional() }),
  });
  const refusal = (body: unknown) => {
    try {
      validate({ params: { id: '1' }, query: new URLSearchParams(), body });
    } catch (error) {
      const { field, message } = error as { field?: string; message: string };
      return `${field}: ${message}`;
    }
    return 'accepted';
  };
  assert.equal(refusal({}), 'name: is required');
  assert.equal(refusal({ name: '' }), 'name: must not be empty');
  assert.equal(refusal({ name: 5 }), 'name: expected string, received number');
  assert.equal(
    refusal({ name: 'x', tags: [{ size: 1 }, { size: 'a' }] }),
    'tags.1.size: expected number, received string',
  );
  assert.equal(refusal({ name: 'x', nmae: 1 }), 'nmae: there is no field nmae');
  assert.equal(refusal(undefined), 'undefined: is required');
});
