import { basename, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { type LoadedDetections, type LoadProblem, loadDetections } from '../../detections/load.ts';
import { keepingTheRest, withoutErrors } from '../../detections/packs/part.ts';
import { checkContent } from '../check-content.ts';
import { type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { confirm, installer, isNothing, planAsJson, writePlan } from '../pack-plan.ts';
import { writeProblems } from '../problems.ts';
import type { OpenPacks, PackPlan } from '../services.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export const upload = defineCommand({
  name: 'upload',
  summary: 'Install detections, after a look at what would change',
  usage: '[options] PATH',
  details:
    'PATH is a folder, a git checkout or a zip of detections. What it holds becomes a pack: + is added, ~ is changed, ' +
    '- is removed because the pack has it no more, ! is left as it is because it was edited in Panther or belongs to ' +
    'another pack. What users switched on or off stays so. First everything is checked as panther validate does: with ' +
    'an error nothing is installed, unless --partial. A Panther that runs takes the change up within seconds. ' +
    'Exit status 1: there are errors, or it was not installed.',
  operands: { min: 1, max: 1 },
  options: {
    name: { value: 'NAME', description: 'name of the pack; without it that of the folder or file' },
    yes: { description: 'install without asking' },
    'dry-run': { description: 'only show what would change' },
    diff: { description: 'show the lines that differ' },
    partial: { description: 'install what is without errors; then nothing is removed' },
    note: { value: 'TEXT', default: '', description: 'why, for the history: a commit, a ticket' },
    json: { description: 'one JSON document' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    { line: 'panther upload --dry-run --diff detections/', does: 'What would change, line by line?' },
    { line: 'panther upload --yes --note "$GIT_COMMIT" detections/', does: 'Install from a build.' },
  ],
  async run({ options, operands }, io) {
    const path = resolve(io.cwd, operands[0] ?? '');
    const name = options.name ?? basename(path).replace(/\.zip$/, '');
    if (!NAME.test(name))
      throw new UserError(`"${name}" is no name of a pack: letters, digits, . _ -`, { field: '--name' });
    const loaded = loadDetections(path);
    const open = await io.services.openPacks(options['data-dir'], options.config);
    try {
      open.checkFolder(path);
      const problems = await checkContent(loaded, { paths: operands, dataDir: options['data-dir'], schemas: [] }, io);
      await writeProblems(problems, io);
      return await installChecked(open, { name, loaded, problems, options }, io);
    } finally {
      await open.close();
    }
  },
});

interface Upload {
  readonly name: string;
  readonly loaded: LoadedDetections;
  readonly problems: readonly LoadProblem[];
  readonly options: {
    readonly yes: boolean;
    readonly 'dry-run': boolean;
    readonly diff: boolean;
    readonly partial: boolean;
    readonly json: boolean;
    readonly note: string;
  };
}

async function installChecked(open: OpenPacks, upload: Upload, io: CommandIo): Promise<ExitStatus> {
  const { name, loaded, problems, options } = upload;
  const wrong = problems.filter(({ level }) => level === 'error');
  const result = (installed: boolean, plan?: PackPlan) => tell(upload, installed, plan, io);
  if (wrong.length > 0 && !options.partial) {
    await io.stderr.write(`${wrong.length} errors: nothing was installed; --partial installs what is without errors\n`);
    await result(false);
    return EXIT.failures;
  }
  const { plan, content } = await planFor(open, name, withoutErrors(loaded, wrong), wrong.length > 0);
  if (!options.json) await writePlan(plan, content, options.diff, io);
  const status = wrong.length > 0 ? EXIT.failures : EXIT.done;
  if (options['dry-run'] || isNothing(plan)) {
    await result(false, plan);
    return status;
  }
  if (!options.yes && (options.json || !(await confirm('Install?', io)))) {
    await io.stderr.write('nothing was installed; --yes installs without asking\n');
    return EXIT.failures;
  }
  const done = await open.apply(plan, content, installer(io, options.note));
  if (!options.json)
    await io.stdout.write(`installed: ${done.added} added, ${done.updated} changed, ${done.removed} removed\n`);
  await result(true, plan);
  return status;
}

async function tell({ problems, options }: Upload, installed: boolean, plan: PackPlan | undefined, io: CommandIo) {
  if (!options.json) return;
  const document = { installed, ...(plan && planAsJson(plan)), problems };
  await io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** `isPart`: what the pack has and the upload could not read must not be taken for removed. */
async function planFor(open: OpenPacks, name: string, content: readonly Detection[], isPart: boolean) {
  const plan = await open.plan(name, content);
  if (!isPart || plan.revision === 0) return { plan, content };
  return keepingTheRest(plan, content, await open.contentAt(name, plan.revision));
}
