import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { CHOICE_OPTIONS, type ContentRequest, readContent, SOURCE_OPTIONS } from '../content-source.ts';
import { contentToSend } from '../content-zip.ts';
import { type InstallOptions, installContent } from '../install-content.ts';
import { confirm, installer, isNothing, planAsJson, writePlan } from '../pack-plan.ts';
import { listPacks, showPack, writeHistory } from '../pack-show.ts';
import { writeProblems } from '../problems.ts';
import { REMOTE_OPTIONS, remoteAddress } from '../remote.ts';
import { driftElsewhere, rollBackElsewhere, uninstallElsewhere, uploadElsewhere } from '../remote-packs.ts';
import type { OpenPacks, PackChange, PackPlan, RemotePacks } from '../services.ts';

interface Chosen extends InstallOptions {
  readonly to: number | undefined;
  readonly ref: string | undefined;
  readonly folder: string | undefined;
  readonly pack: readonly string[];
  readonly filter: readonly string[];
}

type Action<P> = (
  packs: P,
  name: string,
  place: string | undefined,
  options: Chosen,
  io: CommandIo,
) => Promise<ExitStatus>;

const ACTIONS = {
  list: (open, _name, _place, { json }, io) => listPacks(open, json, io),
  show: (open, name, _place, { json }, io) => showPack(open, name, json, io),
  history: (open, name, _place, { json }, io) => writeHistory(open, name, json, io),
  update: (open, name, _place, options, io) => update(open, name, options, io),
  drift: (open, name, place, options, io) => drift(open, name, place, options, io),
  'roll-back': (open, name, _place, options, io) => rollBack(open, name, options, io),
  uninstall: (open, name, _place, options, io) => uninstall(open, name, options, io),
} as const satisfies Readonly<Record<string, Action<OpenPacks>>>;

export const pack = defineCommand({
  name: 'pack',
  summary: 'Show, update, roll back and uninstall what was uploaded',
  usage: 'list | show NAME | history NAME | update NAME | drift NAME [PATH] | roll-back NAME [--to N] | uninstall NAME',
  details:
    'Packs are what panther upload has installed. show: what one holds. history: who changed what, the newest first. ' +
    'update: reads the git repository that the pack came from again, in the same way, or as of another --ref. drift: how ' +
    'the pack differs from a folder, a zip or a repository, without one from where it came. roll-back: the pack as it was ' +
    'at a revision, the one before without --to; it is a new revision itself. uninstall: removes what is of the pack; what ' +
    'users have made their own stays, and so does the history. Exit status 1: there is drift, or nothing was changed.',
  operands: { min: 1, max: 3 },
  options: {
    to: { value: 'N', kind: 'integer', min: 1, description: 'the revision to go back to' },
    ...SOURCE_OPTIONS,
    ...CHOICE_OPTIONS,
    yes: { description: 'do it without asking' },
    'dry-run': { description: 'only show what would change' },
    diff: { description: 'show the lines that differ' },
    partial: { description: 'of an update: install what is without errors; then nothing is removed' },
    note: { value: 'TEXT', default: '', description: 'why, for the history: a commit, a ticket' },
    json: { description: 'one JSON document' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
    ...REMOTE_OPTIONS,
  },
  examples: [
    { line: 'panther pack history detections', does: 'What was changed, when and by whom?' },
    { line: 'panther pack update --dry-run --diff panther-analysis', does: 'What is new where the pack came from?' },
    { line: 'panther pack drift detections ./detections', does: 'Does Panther run what is in git?' },
  ],
  async run({ options, operands }, io) {
    const [action = '', name, path] = operands;
    if (!Object.hasOwn(ACTIONS, action))
      throw new UserError(`"${action}" is not one of ${Object.keys(ACTIONS).join(', ')}`);
    if (name === undefined && action !== 'list') throw new UserError(`name the pack: panther pack ${action} NAME`);
    const known = action as keyof typeof ACTIONS;
    const elsewhere = remoteAddress(options, io);
    if (elsewhere !== undefined)
      return ACTIONS_ELSEWHERE[known](await io.services.openRemotePacks(elsewhere), name ?? '', path, options, io);
    const open = await io.services.openPacks(options['data-dir'], options.config);
    try {
      return await ACTIONS[known](open, name ?? '', path, options, io);
    } finally {
      await open.close();
    }
  },
});

/** The same over the API. */
const ACTIONS_ELSEWHERE = {
  list: (remote, _name, _place, { json }, io) => listPacks(remote, json, io),
  show: (remote, name, _place, { json }, io) => showPack(remote, name, json, io),
  history: (remote, name, _place, { json }, io) => writeHistory(remote, name, json, io),
  async update(remote, name, _place, options, io) {
    const sent = await contentToSend(await sourceRequest(remote, name, options), io);
    return uploadElsewhere(remote, { ...options, name, sent }, io);
  },
  async drift(remote, name, place, options, io) {
    const sent = await contentToSend(await driftRequest(remote, name, place, options), io);
    return driftElsewhere(remote, name, sent, options, io);
  },
  'roll-back': (remote, name, _place, options, io) => rollBackElsewhere(remote, name, options, io),
  uninstall: (remote, name, _place, options, io) => uninstallElsewhere(remote, name, options, io),
} as const satisfies Readonly<Record<keyof typeof ACTIONS, Action<RemotePacks>>>;

async function update(open: OpenPacks, name: string, options: Chosen, io: CommandIo): Promise<ExitStatus> {
  const read = await readContent(await sourceRequest(open, name, options), io);
  const { commit = '' } = read.source ?? {};
  if (!options.json) await io.stderr.write(`${read.source?.url} at ${commit.slice(0, 12)}\n`);
  return installContent(open, { name, read, options }, io);
}

/** Where the pack came from, but for what is named now. */
async function sourceRequest(
  open: Pick<OpenPacks, 'history' | 'sourceOf'>,
  name: string,
  options: Chosen,
): Promise<ContentRequest> {
  await open.history(name);
  const source = await open.sourceOf(name);
  if (source === undefined)
    throw new UserError(
      `the pack ${name} did not come from git: panther upload --name ${name} PATH brings what is new`,
    );
  return {
    place: source.url,
    isGit: true,
    ref: options.ref ?? source.ref ?? undefined,
    folder: options.folder ?? source.folder,
    packs: options.pack.length > 0 ? options.pack : (source.packs ?? []),
    filters: options.filter.length > 0 ? options.filter : (source.filters ?? []),
  };
}

async function rollBack(open: OpenPacks, name: string, options: Chosen, io: CommandIo): Promise<ExitStatus> {
  const [newest] = await open.history(name);
  const revision = options.to ?? (newest?.revision ?? 0) - 1;
  if (revision < 1) throw new UserError(`the pack ${name} has no earlier revision`);
  const source = await open.sourceOf(name, revision);
  const change = { action: 'roll-back' as const, source, note: `back to revision ${revision}` };
  const content = await open.contentAt(name, revision);
  return changeTo(open, { name, content, change, question: `Go back to revision ${revision}?` }, options, io);
}

async function uninstall(open: OpenPacks, name: string, options: Chosen, io: CommandIo): Promise<ExitStatus> {
  const items = await open.items(name);
  const overridden = items.filter((one) => one.overridden.length > 0).map(({ id }) => id);
  if (overridden.length > 0 && !options.json)
    await io.stderr.write(`what is overridden here goes with it: ${overridden.join(', ')}\n`);
  for (const [id, others] of await open.neededByOthers(name))
    await io.stderr.write(`${io.paint('yellow', 'warning')}: ${id} is needed by ${fewOf(others)}, which will fail\n`);
  const change = { action: 'uninstall' as const, note: 'uninstalled' };
  return changeTo(open, { name, content: [], change, question: 'Uninstall?' }, options, io);
}

function fewOf(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
}

interface Change {
  readonly name: string;
  readonly content: readonly Detection[];
  readonly change: PackChange & { readonly note: string };
  readonly question: string;
}

async function changeTo(
  open: OpenPacks,
  { name, content, change, question }: Change,
  options: Chosen,
  io: CommandIo,
): Promise<ExitStatus> {
  const { yes, json, diff } = options;
  const plan = await open.plan(name, content);
  const tell = async (installed: boolean) => {
    if (json) await io.stdout.write(`${JSON.stringify({ installed, ...planAsJson(plan) }, null, 2)}\n`);
  };
  if (!json) await writePlan(plan, content, diff, io);
  if (isNothing(plan) || options['dry-run']) {
    await tell(false);
    return EXIT.done;
  }
  if (!yes && (json || !(await confirm(question, io)))) {
    await io.stderr.write('nothing was changed; --yes does it without asking\n');
    return EXIT.failures;
  }
  await open.apply(plan, content, installer(io, options.note === '' ? change.note : options.note), change);
  await tell(true);
  return EXIT.done;
}

async function driftRequest(
  open: Pick<OpenPacks, 'history' | 'sourceOf'>,
  name: string,
  place: string | undefined,
  options: Chosen,
): Promise<ContentRequest> {
  if (place === undefined) return sourceRequest(open, name, options);
  const { ref, folder, pack: packs, filter: filters } = options;
  return { place, ref, folder, packs, filters };
}

async function drift(
  open: OpenPacks,
  name: string,
  place: string | undefined,
  options: Chosen,
  io: CommandIo,
): Promise<ExitStatus> {
  await open.history(name);
  const { loaded, leftOut } = await readContent(await driftRequest(open, name, place, options), io);
  await writeProblems(loaded.problems, io);
  const plan = await planWithout(open, name, loaded.detections, new Set(leftOut.map(({ id }) => id)));
  if (options.json) await io.stdout.write(`${JSON.stringify(planAsJson(plan), null, 2)}\n`);
  else await writePlan(plan, loaded.detections, options.diff, io);
  return plan.changes.length + plan.switched.length + plan.overridden.length === 0 ? EXIT.done : EXIT.failures;
}

/** What filters leave out is not compared. */
async function planWithout(
  open: OpenPacks,
  name: string,
  content: readonly Detection[],
  leftOut: ReadonlySet<string>,
): Promise<PackPlan> {
  const plan = await open.plan(name, content);
  return { ...plan, changes: plan.changes.filter(({ action, id }) => action !== 'remove' || !leftOut.has(id)) };
}
