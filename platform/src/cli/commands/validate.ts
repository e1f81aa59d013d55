import { UserError } from '../../core/errors.ts';
import { type LoadProblem, loadDetections } from '../../detections/load.ts';
import { checkContent } from '../check-content.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { openContent, SOURCE_OPTIONS } from '../content-source.ts';
import { shownPath, writeProblems } from '../problems.ts';

export const validate = defineCommand({
  name: 'validate',
  summary: 'Check detections without running them',
  usage: '[options] PATH… | URL…',
  details:
    'PATH is a folder, a zip or a specification; URL is a git repository: https://…, ssh://… or git@host:path, or a path ' +
    'with --ref. Checked are the keys and values of every specification, ids, files, ' +
    'the syntax of code and of SQL, schedules, and every name of something else; TypeScript is checked against the types of its events ' +
    '(`panther types`) where the package typescript is installed, in the folder or above it. Problems go to stderr with file and line, counts by type ' +
    'to stdout. Exit status 1: there are errors; warnings alone do not count.',
  options: {
    path: { value: 'PATH', repeatable: true, description: 'the same as PATH' },
    ...SOURCE_OPTIONS,
    schema: { value: 'FILE', repeatable: true, description: 'a log schema of your own, whose log type is then known' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder: the schemas added to its Panther, the Python packages of detections',
    },
    json: { description: 'one JSON document' },
  },
  examples: [
    { line: 'panther validate detections/', does: 'Check a folder.' },
    { line: 'panther validate --json panther-analysis.zip', does: 'Check a zip; problems as JSON.' },
  ],
  async run({ options, operands }, io) {
    const { ref, folder } = options;
    const opened: Awaited<ReturnType<typeof openContent>>[] = [];
    const places = [...operands, ...options.path];
    if (places.length === 0)
      throw new UserError('name what is checked: a folder, a zip, a specification or a repository');
    for (const place of places) opened.push(await openContent({ place, ref, folder }, io));
    const loaded = loadDetections(opened.map(({ content }) => content));
    const paths = opened.flatMap((one) => one.paths);
    const found = await checkContent(loaded, { paths, dataDir: options['data-dir'], schemas: options.schema }, io);
    const problems = found.map((one) => ({ ...one, file: shownPath(one.file, io.cwd) }));
    const errors = problems.filter(({ level }) => level === 'error').length;
    const items = countByType(loaded.detections);
    await (options.json ? writeJson(items, problems, io) : writeText(items, problems, io));
    return errors === 0 ? EXIT.done : EXIT.failures;
  },
});

type Counts = Readonly<Record<string, number>>;

function countByType(detections: readonly { readonly type: string }[]): Counts {
  const counts: Record<string, number> = {};
  for (const { type } of detections) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function countLevels(problems: readonly LoadProblem[]) {
  const errors = problems.filter(({ level }) => level === 'error').length;
  return { errors, warnings: problems.length - errors };
}

async function writeJson(items: Counts, problems: readonly LoadProblem[], io: CommandIo): Promise<void> {
  await io.stdout.write(`${JSON.stringify({ items, ...countLevels(problems), problems }, null, 2)}\n`);
}

async function writeText(items: Counts, problems: readonly LoadProblem[], io: CommandIo): Promise<void> {
  await writeProblems(problems, io);
  const width = String(Math.max(0, ...Object.values(items))).length;
  for (const [type, count] of Object.entries(items)) {
    await io.stdout.write(`${String(count).padStart(width)}  ${type.replaceAll('_', ' ')}\n`);
  }
  const { errors, warnings } = countLevels(problems);
  await io.stdout.write(`${number(errors, 'error')}, ${number(warnings, 'warning')}\n`);
}

function number(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
