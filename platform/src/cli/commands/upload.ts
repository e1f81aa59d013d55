import { basename, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { type LoadedDetections, type LoadProblem, loadDetections } from '../../detections/load.ts';
import { checkContent } from '../check-content.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { confirm, installer, isNothing, planAsJson, writePlan } from '../pack-plan.ts';
import { writeProblems } from '../problems.ts';

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
      const wrong = problems.filter(({ level }) => level === 'error');
      const errors = wrong.length;
      const content = withoutErrors(loaded, wrong);
      if (errors > 0 && !options.partial) {
        if (options.json) await io.stdout.write(`${JSON.stringify({ installed: false, problems }, null, 2)}\n`);
        else
          await io.stderr.write(`${errors} errors: nothing was installed; --partial installs what is without errors\n`);
        return EXIT.failures;
      }
      const whole = await open.plan(name, content);
      const plan =
        errors > 0 ? { ...whole, changes: whole.changes.filter(({ action }) => action !== 'remove') } : whole;
      const gone = whole.changes.filter(({ action }) => action === 'remove');
      if (!options.json) await writePlan(plan, content, options.diff, io);
      if (options['dry-run'] || isNothing(plan)) {
        if (options.json)
          await io.stdout.write(`${JSON.stringify({ installed: false, ...planAsJson(plan), problems }, null, 2)}\n`);
        return errors > 0 ? EXIT.failures : EXIT.done;
      }
      if (!options.yes && (options.json || !(await confirm('Install?', io)))) {
        await io.stderr.write('nothing was installed; --yes installs without asking\n');
        return EXIT.failures;
      }
      const kept =
        errors > 0
          ? await stillThere(
              open,
              name,
              gone.map(({ id }) => id),
            )
          : [];
      const done = await open.apply(plan, [...content, ...kept], installer(io, options.note));
      if (options.json)
        await io.stdout.write(`${JSON.stringify({ installed: true, ...planAsJson(plan), problems }, null, 2)}\n`);
      else await io.stdout.write(`installed: ${done.added} added, ${done.updated} changed, ${done.removed} removed\n`);
      return errors > 0 ? EXIT.failures : EXIT.done;
    } finally {
      await open.close();
    }
  },
});

type Open = Awaited<ReturnType<CommandIo['services']['openPacks']>>;

/** What the pack has and the upload could not read must not be taken for removed. */
async function stillThere(open: Open, name: string, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const [last] = await open.history(name);
  const installed = await open.contentAt(name, last?.revision ?? 0);
  return installed.filter(({ id }) => ids.includes(id));
}

function withoutErrors({ detections, places }: LoadedDetections, errors: readonly LoadProblem[]) {
  const wrong = new Set(errors.map(({ file }) => resolve(file)));
  return detections.filter(({ id, file }) => {
    const place = places.get(id)?.file ?? '';
    return !wrong.has(resolve(place)) && !wrong.has(resolve(place, '..', file));
  });
}
