/** The configuration of a running Panther: defaults, then the file given with `--config`, then the command line. */
import { readFile } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { awsSchema, stateSchema } from './config-aws.ts';

export const ROLES = ['api', 'sources', 'log-processor', 'alert-delivery', 'maintenance'] as const;
export type ProcessRole = (typeof ROLES)[number];

const schema = z.strictObject({
  dataDir: z.string().min(1).optional().describe('Folder that keeps everything'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  port: z.int().min(0).max(65_535).default(8765).describe('Port of the console and the API; 0 picks a free one'),
  publicUrl: z.url().optional().describe('Address by which people reach the console; links in alerts start with it'),
  hostNames: z
    .array(z.string())
    .default([])
    .describe('Host names, besides localhost, by which the console may be called'),
  allowedDestinationHosts: z
    .array(z.string())
    .default([])
    .describe('Hosts (host or host:port) in private networks that destinations may send to'),
  detections: z
    .array(z.string().min(1))
    .default([])
    .describe('Folders of detections to run, besides those that come along'),
  only: z.array(z.enum(ROLES)).min(1).optional().describe('Parts to run; all of them without it'),
  logProcessors: z.int().min(1).max(64).default(1).describe('Threads that process logs'),
  minFreeDiskMb: z
    .int()
    .min(0)
    .default(200)
    .describe('Below this much free disk, intake answers 503 and processing waits'),
  heartbeatMinutes: z
    .number()
    .min(0)
    .default(5)
    .describe('How often Panther checks that logs still become alerts; 0: never'),
  lakeNotifications: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'is not the name of a queue'))
    .optional()
    .describe('Queues that get a message for each new file of the lake; made when they do not exist'),
  aws: awsSchema.optional().describe('Services that take the place of the embedded stores'),
  state: stateSchema.optional().describe('Database that takes the place of the embedded one'),
  lakeCacheMb: z
    .int()
    .min(100)
    .default(20_000)
    .describe('Copies of lake files kept on this disk when the objects are on S3; a query can use no more'),
  leaseSeconds: z
    .number()
    .min(1)
    .default(60)
    .describe('A process that shares the state and gave no sign for so long is taken for dead'),
  maxBacklogObjects: z.int().min(1).default(100_000).describe('Beyond this many waiting objects, intake answers 429'),
});

export type Config = z.infer<typeof schema>;
export type ConfigInput = z.input<typeof schema>;

/** @throws UserError that names the file, the line and the field. */
export async function readConfig(file: string | undefined, overrides: Partial<ConfigInput> = {}): Promise<Config> {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const fromFile = file === undefined ? {} : await parseFile(file);
  const parsed = schema.safeParse({ ...fromFile, ...given });
  if (parsed.success) return parsed.data;
  throw firstIssue(parsed.error, {});
}

async function parseFile(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`cannot read the configuration file ${file}`, { file }, { cause });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax) throw new UserError(syntax.message, { file, line: lines.linePos(syntax.pos[0]).line });
  const value: unknown = document.toJS() ?? {};
  const parsed = schema.partial().safeParse(value);
  if (parsed.success) return parsed.data;
  const line = lineOf(document, parsed.error.issues[0], lines);
  throw firstIssue(parsed.error, line === undefined ? { file } : { file, line });
}

function firstIssue(error: z.ZodError, place: { file?: string; line?: number }): UserError {
  const [issue] = error.issues;
  const field = issue?.path.join('.');
  return new UserError(issue?.message ?? 'invalid configuration', field ? { ...place, field } : place);
}

/** Of the innermost part of the path that the file has; of a key that is not known, its own. */
function lineOf(document: Document, issue: z.core.$ZodIssue | undefined, lines: LineCounter): number | undefined {
  const path =
    issue === undefined ? [] : [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  for (let length = path.length; length > 0; length -= 1) {
    const found = document.getIn(path.slice(0, length), true);
    if (isNode(found) && found.range) return lines.linePos(found.range[0]).line;
  }
  return undefined;
}
