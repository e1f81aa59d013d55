/** Content becomes a pack: the difference is shown, the user asked, and all of it installed at once. */
import type { Detection } from '../detections/detection.ts';
import type { LoadProblem } from '../detections/load.ts';
import { keepingTheRest, withoutErrors } from '../detections/packs/part.ts';
import { checkContent } from './check-content.ts';
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import type { ReadContent } from './content-source.ts';
import { confirm, installer, isNothing, planAsJson, writePlan } from './pack-plan.ts';
import { writeProblems } from './problems.ts';
import type { OpenPacks, PackPlan } from './services.ts';

export interface InstallOptions {
  readonly yes: boolean;
  readonly 'dry-run': boolean;
  readonly diff: boolean;
  readonly partial: boolean;
  readonly json: boolean;
  readonly note: string;
  readonly 'data-dir': string | undefined;
}

interface Install {
  readonly name: string;
  readonly read: ReadContent;
  readonly problems: readonly LoadProblem[];
  readonly options: InstallOptions;
}

export async function installContent(
  open: OpenPacks,
  { name, read, options }: Omit<Install, 'problems'>,
  io: CommandIo,
): Promise<ExitStatus> {
  const check = { paths: read.paths, dataDir: options['data-dir'], schemas: [] };
  const problems = await checkContent(read.loaded, check, io);
  await writeProblems(problems, io);
  return installChecked(open, { name, read, problems, options }, io);
}

async function installChecked(open: OpenPacks, install: Install, io: CommandIo): Promise<ExitStatus> {
  const { read, problems, options } = install;
  const wrong = problems.filter(({ level }) => level === 'error');
  const result = (installed: boolean, planned?: Planned) => tell(install, installed, planned, io);
  if (wrong.length > 0 && !options.partial) {
    await io.stderr.write(`${wrong.length} errors: nothing was installed; --partial installs what is without errors\n`);
    await result(false);
    return EXIT.failures;
  }
  const planned = await planFor(open, install, wrong);
  const { plan, content } = planned;
  if (!options.json) await writePlan(plan, content, options.diff, io);
  if (!options.json) await writeLeftOut(planned, io);
  const status = wrong.length > 0 ? EXIT.failures : EXIT.done;
  if (options['dry-run'] || isNothing(plan)) {
    if (!options['dry-run']) await followSource(open, install, plan);
    await result(false, planned);
    return status;
  }
  if (!options.yes && (options.json || !(await confirm('Install?', io)))) {
    await io.stderr.write('nothing was installed; --yes installs without asking\n');
    return EXIT.failures;
  }
  const done = await open.apply(plan, content, installer(io, options.note), { source: read.source });
  if (!options.json)
    await io.stdout.write(`installed: ${done.added} added, ${done.updated} changed, ${done.removed} removed\n`);
  await result(true, planned);
  return status;
}

/** Another branch or tag may have just what is installed. */
async function followSource(
  open: OpenPacks,
  { name, read: { source } }: Install,
  { revision }: PackPlan,
): Promise<void> {
  if (source !== undefined && revision > 0) await open.follow(name, source);
}

interface Planned {
  readonly plan: PackPlan;
  readonly content: readonly Detection[];
  readonly leftOut: number;
  /** Of these: installed, and left as they are. */
  readonly stay: number;
}

/** What could not be read, and what filters leave out, must not be taken for removed. */
async function planFor(open: OpenPacks, { name, read }: Install, wrong: readonly LoadProblem[]): Promise<Planned> {
  const content = withoutErrors(read.loaded, wrong);
  const plan = await open.plan(name, content);
  const leftOut = new Set(read.leftOut.map(({ id }) => id));
  const stays = (id: string) => wrong.length > 0 || leftOut.has(id);
  const gone = plan.changes.filter(({ action, id }) => action === 'remove' && stays(id)).map(({ id }) => id);
  const stay = gone.filter((id) => leftOut.has(id)).length;
  if (gone.length === 0) return { plan, content, leftOut: leftOut.size, stay };
  const kept = keepingTheRest(plan, content, await open.contentAt(name, plan.revision), stays);
  return { ...kept, leftOut: leftOut.size, stay };
}

async function writeLeftOut({ leftOut, stay }: Planned, io: CommandIo): Promise<void> {
  if (leftOut === 0) return;
  const which = stay === 0 ? '' : `; ${stay} of them ${stay === 1 ? 'is' : 'are'} installed, and not touched`;
  await io.stdout.write(`${leftOut} left out by --filter${which}\n`);
}

async function tell(
  { read, problems, options }: Install,
  installed: boolean,
  planned: Planned | undefined,
  io: CommandIo,
) {
  if (!options.json) return;
  const { source = null } = read;
  const plan = planned && { ...planAsJson(planned.plan), leftOut: planned.leftOut };
  await io.stdout.write(`${JSON.stringify({ installed, source, ...plan, problems }, null, 2)}\n`);
}
