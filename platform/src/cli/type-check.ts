/** The types of TypeScript detections, for `panther validate`: which compiler, which log types, what to say without. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { LoadedDetections, LoadProblem } from '../detections/load.ts';
import { functionsOf, lintCode } from '../detections/typescript/lint.ts';
import { checkTypes, findCompiler, type TypedCode } from '../detections/typescript/type-check.ts';
import { typescriptOf } from '../detections/validate.ts';
import { eventTypes } from '../log-analysis/event-types.ts';
import type { LogTypes } from '../log-analysis/schema.ts';
import type { CommandIo } from './command.ts';

export interface TypeCheckRequest {
  readonly content: Pick<LoadedDetections, 'detections' | 'places'>;
  /** As the user gave them. */
  readonly paths: readonly string[];
  readonly logTypes: LogTypes;
}

/** Nothing, with a word on stderr, where there is no compiler. @throws UserError when the one there is does not run. */
export async function checkTypesOf(
  { content, paths, logTypes }: TypeCheckRequest,
  io: CommandIo,
): Promise<readonly LoadProblem[]> {
  const code = typedCode(content, logTypes);
  if (code.length === 0) return [];
  const folders = await Promise.all(paths.map((path) => folderOf(resolve(io.cwd, path))));
  const compiler = await findCompiler([...folders, io.cwd, import.meta.dirname]);
  if (compiler === undefined) {
    await io.stderr.write('TypeScript: types are not checked, for there is no compiler: npm i -D typescript adds it\n');
    return [];
  }
  const tmpDir = await mkdtemp(join(tmpdir(), 'panther-types-'));
  try {
    const found = await checkTypes(code, { compiler, eventTypes: eventTypes(logTypes.values()), tmpDir });
    return found.map(({ path, ...problem }) => ({ ...problem, file: path, field: '' }));
  } finally {
    await rm(tmpDir, { recursive: true, force: true });
  }
}

/** Of code that can be read: what cannot be has been told. */
function typedCode(content: TypeCheckRequest['content'], known: LogTypes): readonly TypedCode[] {
  return typescriptOf(content).flatMap(({ detection, path }): readonly TypedCode[] => {
    const { body, type, info } = detection;
    const isPolicy = type === 'policy';
    if (lintCode(body, isPolicy ? 'policy' : 'rule').some(({ level }) => level === 'error')) return [];
    const areKnown = type === 'rule' && info.logTypes.length > 0 && info.logTypes.every((name) => known.has(name));
    const logTypes = areKnown ? info.logTypes : undefined;
    return [{ path, body, functions: isPolicy ? ['policy'] : functionsOf(body), logTypes }];
  });
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? path : dirname(path);
}
