/** What an upload or a roll-back would change, shown to people and asked about. */
import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import type { Detection } from '../detections/detection.ts';
import type { PlannedChange } from '../detections/packs/plan.ts';
import type { CommandIo } from './command.ts';
import type { PackPlan } from './services.ts';

const SIGNS = { add: '+', change: '~', remove: '-', keep: '!' } as const;
const COLOURS = { add: 'green', change: 'yellow', remove: 'red', keep: 'cyan' } as const;

export function isNothing({ changes }: PackPlan): boolean {
  return changes.every(({ action }) => action === 'keep');
}

/** A line for each change; with `isFull` the lines that differ. */
export async function writePlan(
  plan: PackPlan,
  detections: readonly Pick<Detection, 'id' | 'spec' | 'body'>[],
  isFull: boolean,
  io: CommandIo,
): Promise<void> {
  const next = new Map(detections.map((one) => [one.id, one]));
  for (const change of plan.changes) {
    await io.stdout.write(`${io.paint(COLOURS[change.action], SIGNS[change.action])} ${lineOf(change)}\n`);
    for (const { field, here, pack } of change.conflicts)
      await io.stdout.write(
        `    ${field} stays ${shown(here)} as it was set in Panther; the pack has ${shown(pack)}\n`,
      );
    const [before, after] = [plan.before.get(change.id), next.get(change.id)];
    if (isFull && before !== undefined && after !== undefined)
      await io.stdout.write(difference(change.id, before, after));
  }
  for (const id of plan.switched) await io.stdout.write(`  ${id} is switched here, and stays so\n`);
  for (const { id, fields } of plan.overridden)
    await io.stdout.write(`  ${id} is overridden here, and stays so: ${fields.join(', ')}\n`);
  await io.stdout.write(`${summary(plan)}\n`);
}

function shown(value: unknown): string {
  return value === null ? 'left out' : JSON.stringify(value);
}

function lineOf({ id, type, action, fields, owner }: PlannedChange): string {
  if (action === 'add' || action === 'remove') return `${id}  (${type})`;
  if (action === 'change') return `${id}  ${fields.join(', ')}`;
  const whose = owner?.startsWith('user:') === true ? 'was edited in Panther' : `belongs to ${owner}`;
  return `${id}  is left as it is: it ${whose}; other in the pack: ${fields.join(', ')}`;
}

function difference(
  id: string,
  before: { readonly spec: string; readonly body: string },
  after: Pick<Detection, 'spec' | 'body'>,
): string {
  const text = (spec: unknown) => stringify(spec, { lineWidth: 100 });
  const patches = [
    patch(`${id} (specification)`, text(JSON.parse(before.spec)), text(after.spec)),
    patch(`${id} (code)`, before.body, after.body),
  ];
  return patches.join('');
}

function patch(name: string, before: string, after: string): string {
  if (before === after) return '';
  const lines = createTwoFilesPatch(name, name, before, after, 'installed', 'new', { context: 2 }).split('\n');
  return lines
    .slice(1)
    .filter((line) => !line.startsWith('==='))
    .map((line) => (line === '' ? '' : `    ${line}\n`))
    .join('');
}

export function summary({ name, revision, changes, unchanged }: PackPlan): string {
  const count = (wanted: PlannedChange['action']) => changes.filter(({ action }) => action === wanted).length;
  const kept = count('keep');
  const parts = [
    `${count('add')} added`,
    `${count('change')} changed`,
    `${count('remove')} removed`,
    `${unchanged} unchanged`,
  ];
  if (kept > 0) parts.push(`${kept} left as they are`);
  return `pack ${name}${revision === 0 ? ' (new)' : ''}: ${parts.join(', ')}`;
}

export function planAsJson({ name, revision, changes, unchanged, switched, overridden }: PackPlan) {
  return { pack: name, revision, changes, unchanged, switched, overridden };
}

/** False without a terminal to ask at. */
export async function confirm(question: string, io: CommandIo): Promise<boolean> {
  if (!io.isTerminal.stdin || !io.isTerminal.stderr) return false;
  await io.stderr.write(`${question} [y/N] `);
  await io.stderr.flush();
  for await (const bytes of io.stdin) return /^y(es)?$/i.test(Buffer.from(bytes).toString('utf8').trim());
  return false;
}

export function installer(io: CommandIo, note: string) {
  const user = io.env.USER ?? io.env.USERNAME ?? 'somebody';
  return { id: `cli:${user}`, name: `${user}, on the command line`, note };
}
