import { access, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorMessage, UserError } from '../../core/errors.ts';
import { authoringTypes, COMPILER_OPTIONS } from '../../detections/typescript/authoring-types.ts';
import { eventTypes } from '../../log-analysis/event-types.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { knownLogTypes, readSchemas } from '../log-types.ts';
import { shownPath } from '../problems.ts';

export const types = defineCommand({
  name: 'types',
  summary: 'Write the TypeScript types of events, for detections',
  usage: '[options]',
  details:
    'Two files: panther.d.ts with the events of every log type and what rules import from "panther", so that an editor ' +
    'completes and a compiler checks; and a tsconfig.json, unless there is one. Run it again when log types change. ' +
    'Detections run without these files; `panther validate` does not need them either.',
  operands: { max: 0 },
  options: {
    out: { value: 'FOLDER', default: '.', description: 'folder of the detections' },
    schema: { value: 'FILE', repeatable: true, description: 'a log schema of your own' },
    'data-dir': {
      value: 'DIR',
      description:
        'data folder of the Panther whose added schemas count ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    { line: 'panther types --out detections/', does: 'Write the files beside the detections.' },
    { line: 'panther types --schema acme-audit.yml', does: 'With a log type of your own.' },
  ],
  async run({ options }, io) {
    const added = await io.services.addedLogTypes(options['data-dir'], options.config);
    const logTypes = knownLogTypes(io, [...added, ...(await readSchemas(options.schema, io))]);
    const folder = resolve(io.cwd, options.out);
    await mkdir(folder, { recursive: true }).catch(cannotWrite(folder));
    const declarations = join(folder, 'panther.d.ts');
    await writeFile(declarations, authoringTypes(eventTypes(logTypes.values()))).catch(cannotWrite(declarations));
    await io.stderr.write(`${shownPath(declarations, io.cwd)}: ${logTypes.size} log types\n`);
    await writeProject(folder, io);
    return EXIT.done;
  },
});

/** One that is there is the user's own. */
async function writeProject(folder: string, io: CommandIo): Promise<void> {
  const file = join(folder, 'tsconfig.json');
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const project = { compilerOptions: COMPILER_OPTIONS, include: ['**/*.ts'] };
    await writeFile(file, `${JSON.stringify(project, null, 2)}\n`).catch(cannotWrite(file));
  }
  await io.stderr.write(`${shownPath(file, io.cwd)}: ${isThere ? 'as it was' : 'written'}\n`);
}

function cannotWrite(path: string) {
  return (error: unknown): never => {
    throw new UserError(`cannot write ${path}: ${errorMessage(error)}`, { field: '--out' }, { cause: error });
  };
}
