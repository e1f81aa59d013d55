/** The OpenAPI 3.1 document, from the schemas that validate requests. */
import { z } from 'zod';
import { ApiErrorSchema } from '../contract/common.ts';
import type { RouteSpec } from '../contract/route.ts';
import { strict } from './validate.ts';

type Json = Record<string, unknown>;

interface SchemaSet {
  /** Refers to the component when the schema has an id. */
  use(schema: z.ZodType): Json;
  readonly components: Json;
}

export function openApiDocument(routes: Readonly<Record<string, RouteSpec>>, version: string): Json {
  const input = schemaSet('input');
  const output = schemaSet('output');
  const error = output.use(ApiErrorSchema);
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(routes)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route, input, output, error) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Panther', version, license: { name: 'Apache 2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: { ...input.components, ...output.components },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'panther', description: 'Set by POST /session' },
        token: { type: 'http', scheme: 'bearer', description: 'An API token: pat_…' },
      },
    },
  };
}

function operation(id: string, route: RouteSpec, input: SchemaSet, output: SchemaSet, error: Json): Json {
  const status = String(route.status ?? (route.response === 'none' ? 204 : 200));
  const refusal = { description: 'Refused', content: { 'application/json': { schema: error } } };
  const parameters = [...parametersOf(route.params, 'path', input), ...parametersOf(route.query, 'query', input)];
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    description: route.role === 'public' ? 'Needs no sign-in.' : `Needs the role ${route.role}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && { requestBody: { required: true, content: bodyContent(route.body, input) } }),
    responses: { [status]: { description: 'Done', ...answerContent(route, output) }, default: refusal },
    security: securityOf(route),
  };
}

function securityOf(route: RouteSpec): Json[] {
  if (route.role === 'public') return [];
  return route.sessionOnly ? [{ session: [] }] : [{ session: [] }, { token: [] }];
}

function bodyContent(body: z.ZodType | 'stream', input: SchemaSet): Json {
  return body === 'stream' ? { '*/*': {} } : { 'application/json': { schema: input.use(strict(body)) } };
}

function answerContent(route: RouteSpec, output: SchemaSet): Json {
  if (route.response === 'none') return {};
  if (route.response === 'stream') return { content: { '*/*': {} } };
  return { content: { 'application/json': { schema: output.use(route.response) } } };
}

function parametersOf(schema: z.ZodObject | undefined, where: 'path' | 'query', input: SchemaSet): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: where,
    required: where === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: input.use(field as z.ZodType),
  }));
}

/** Schemas with an id become components, once. */
function schemaSet(io: 'input' | 'output'): SchemaSet {
  const components: Json = {};
  return {
    components,
    use(schema) {
      const { $schema, $defs, id, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
      for (const [name, part] of Object.entries($defs ?? {})) components[name] = relocate(withoutId(part));
      if (typeof id !== 'string') return relocate(json);
      components[id] = relocate(json);
      return { $ref: `#/components/schemas/${id}` };
    },
  };
}

function withoutId(schema: unknown): Json {
  const { id, ...rest } = schema as Json;
  return rest;
}

function relocate(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}
