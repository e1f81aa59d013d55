import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startTestApi, type TestApi } from '../../test/support/test-api.ts';
import type { RouteSpec } from './contract/route.ts';
import { ROUTES } from './contract.ts';

let t: TestApi;
before(async () => {
  t = await startTestApi();
});
after(() => t.close());

test('the OpenAPI document is valid and complete', async () => {
  const { json } = await t.anonymous.send('GET', '/api/v1/openapi.json');
  const result = await new Validator().validate(structuredClone(json));
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(json.openapi, '3.1.0');
  const operations = Object.values<Record<string, { operationId: string }>>(json.paths).flatMap(Object.values);
  assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(ROUTES).sort());
});

test('every reference in it leads somewhere', async () => {
  const { text, json } = await t.anonymous.send('GET', '/api/v1/openapi.json');
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(references.length > 50);
  for (const name of references) assert.ok(json.components.schemas[name], name);
  assert.equal(text.includes('#/$defs/'), false);
});

test('what a route takes and how it is guarded is in it', async () => {
  const { json } = await t.anonymous.send('GET', '/api/v1/openapi.json');
  const list = json.paths['/alerts'].get;
  const severity = list.parameters.find(({ name }: { name: string }) => name === 'severity');
  assert.deepEqual(severity.schema, { type: 'array', items: { $ref: '#/components/schemas/Severity' } });
  assert.equal(severity.required, false);
  const create = json.paths['/sources'].post;
  assert.deepEqual(create.requestBody.content['application/json'].schema.required, [
    'name',
    'type',
    'logTypes',
    'config',
  ]);
  assert.deepEqual(json.paths['/tokens'].post.security, [{ session: [] }]);
  assert.deepEqual(json.paths['/session'].post.security, []);
  for (const [id, route] of Object.entries<RouteSpec>(ROUTES)) assert.match(route.summary, /^[A-Z].*[^.]$/, id);
});
