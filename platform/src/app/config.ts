/** The configuration of a running Panther: defaults, then the file given with `--config`, then the command line. */
import { readFile } from 'node:fs/promises';
import { isMap, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';

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
  const line = lineOf(document.contents, parsed.error.issues[0]?.path ?? [], lines);
  throw firstIssue(parsed.error, line === undefined ? { file } : { file, line });
}

function firstIssue(error: z.ZodError, place: { file?: string; line?: number }): UserError {
  const [issue] = error.issues;
  const field = issue?.path.join('.');
  return new UserError(issue?.message ?? 'invalid configuration', field ? { ...place, field } : place);
}

function lineOf(contents: Node | null, path: readonly PropertyKey[], lines: LineCounter): number | undefined {
  if (!isMap(contents)) return undefined;
  const pair = contents.items.find((item) => isPair(item) && String(item.key) === String(path[0]));
  const range = (pair?.key as Node | undefined)?.range;
  return range ? lines.linePos(range[0]).line : undefined;
}
