/** Everything that can be said of detections without running them: what `validate` tells, and what refuses an upload. */
import type { LoadedDetections, LoadProblem } from '../detections/load.ts';
import { validateDetections } from '../detections/validate.ts';
import type { CommandIo } from './command.ts';
import { knownLogTypes, readSchemas } from './log-types.ts';
import { checkQueriesOf } from './query-check.ts';
import { checkTypesOf } from './type-check.ts';

export interface CheckOptions {
  /** As the user has named them. */
  readonly paths: readonly string[];
  /** Its added schemas and its Python packages count. */
  readonly dataDir: string | undefined;
  /** Files of more schemas. */
  readonly schemas: readonly string[];
}

/** Those of loading first. */
export async function checkContent(
  loaded: LoadedDetections,
  { paths, dataDir, schemas }: CheckOptions,
  io: CommandIo,
): Promise<readonly LoadProblem[]> {
  const added = await io.services.addedLogTypes(dataDir);
  const logTypes = knownLogTypes(io, [...added, ...(await readSchemas(schemas, io))]);
  const runners = await io.services.openRunners(dataDir);
  try {
    const found = await validateDetections(loaded, {
      check: runners.python.check,
      isKnownLogType: (name) => logTypes.has(name),
    });
    const types = await checkTypesOf({ content: loaded, paths, logTypes }, io);
    return [...loaded.problems, ...found, ...types, ...(await checkQueriesOf(loaded, logTypes, io))];
  } finally {
    await runners.close();
  }
}
