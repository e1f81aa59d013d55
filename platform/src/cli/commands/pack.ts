import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { loadDetections } from '../../detections/load.ts';
import { type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { confirm, installer, isNothing, planAsJson, writePlan } from '../pack-plan.ts';
import { writeProblems } from '../problems.ts';
import type { OpenPacks } from '../services.ts';
import { renderTable } from '../table.ts';

interface Chosen {
  readonly to: number | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  readonly diff: boolean;
}

export const pack = defineCommand({
  name: 'pack',
  summary: 'List what was uploaded, its history, drift; go back to an earlier revision',
  usage: 'list | history NAME | roll-back NAME [--to N] | drift NAME PATH',
  details:
    'Packs are what panther upload has installed. history: who changed what, the newest first. roll-back: the pack as it ' +
    'was at a revision, the one before without --to; it is a new revision itself. drift: how the pack differs from a ' +
    'folder or zip, such as the checkout that it came from. Exit status 1: there is drift, or nothing was rolled back.',
  operands: { min: 1, max: 3 },
  options: {
    to: { value: 'N', kind: 'integer', min: 1, description: 'the revision to go back to' },
    yes: { description: 'roll back without asking' },
    diff: { description: 'show the lines that differ' },
    json: { description: 'one JSON document' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    { line: 'panther pack history detections', does: 'What was changed, when and by whom?' },
    { line: 'panther pack drift detections ./detections', does: 'Does Panther run what is in git?' },
  ],
  async run({ options, operands }, io) {
    const [action, name, path] = operands;
    const open = await io.services.openPacks(options['data-dir'], options.config);
    try {
      if (action === 'list') return await list(open, options.json, io);
      if (action !== 'history' && action !== 'roll-back' && action !== 'drift')
        throw new UserError(`"${action}" is not one of list, history, roll-back, drift`);
      if (name === undefined) throw new UserError(`name the pack: panther pack ${action} NAME`);
      if (action === 'history') return await history(open, name, options.json, io);
      if (action === 'roll-back') return await rollBack(open, name, options, io);
      if (path === undefined) throw new UserError('name what to compare with: panther pack drift NAME PATH');
      return await drift(open, name, resolve(io.cwd, path), options, io);
    } finally {
      await open.close();
    }
  },
});

async function list(open: OpenPacks, isJson: boolean, io: CommandIo): Promise<ExitStatus> {
  const packs = await open.list();
  if (isJson) await io.stdout.write(`${JSON.stringify(packs, null, 2)}\n`);
  else
    await io.stdout.write(
      renderTable(
        [column('pack'), column('revision', 'BIGINT'), column('detections', 'BIGINT'), column('changed')],
        packs.map((one) => [one.name, one.revision, one.detections, one.updatedAt]),
        io.terminalColumns,
      ),
    );
  return EXIT.done;
}

async function history(open: OpenPacks, name: string, isJson: boolean, io: CommandIo): Promise<ExitStatus> {
  const revisions = await open.history(name);
  if (isJson) {
    await io.stdout.write(`${JSON.stringify(revisions, null, 2)}\n`);
    return EXIT.done;
  }
  for (const { revision, at, by, note, detections, added, changed, removed } of revisions) {
    const reason = note === '' ? '' : `: ${note}`;
    await io.stdout.write(
      `${io.paint('bold', `revision ${revision}`)}  ${at}  ${by}${reason}  (${detections} in all)\n`,
    );
    for (const [sign, ids] of [
      ['+', added],
      ['~', changed],
      ['-', removed],
    ] as const)
      for (const id of ids) await io.stdout.write(`  ${sign} ${id}\n`);
  }
  return EXIT.done;
}

async function rollBack(
  open: OpenPacks,
  name: string,
  { to, yes, json, diff }: Chosen,
  io: CommandIo,
): Promise<ExitStatus> {
  const [newest] = await open.history(name);
  const revision = to ?? (newest?.revision ?? 0) - 1;
  if (revision < 1) throw new UserError(`the pack ${name} has no earlier revision`);
  const content = await open.contentAt(name, revision);
  const plan = await open.plan(name, content);
  if (!json) await writePlan(plan, content, diff, io);
  if (isNothing(plan)) return EXIT.done;
  if (!yes && (json || !(await confirm(`Go back to revision ${revision}?`, io)))) {
    await io.stderr.write('nothing was changed; --yes goes back without asking\n');
    return EXIT.failures;
  }
  await open.apply(plan, content, installer(io, `back to revision ${revision}`));
  if (json) await io.stdout.write(`${JSON.stringify({ installed: true, ...planAsJson(plan) }, null, 2)}\n`);
  return EXIT.done;
}

async function drift(
  open: OpenPacks,
  name: string,
  path: string,
  { json, diff }: Chosen,
  io: CommandIo,
): Promise<ExitStatus> {
  await open.history(name);
  const { detections, problems } = loadDetections(path);
  await writeProblems(problems, io);
  const plan = await open.plan(name, detections);
  if (json) await io.stdout.write(`${JSON.stringify(planAsJson(plan), null, 2)}\n`);
  else await writePlan(plan, detections, diff, io);
  return plan.changes.length + plan.switched.length + plan.overridden.length === 0 ? EXIT.done : EXIT.failures;
}

function column(name: string, type = 'VARCHAR') {
  return { name, type };
}
