/** What there is of packs: all of them, one's history, what one holds. */
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import type { ContentSource } from './content-source.ts';
import type { OpenPacks } from './services.ts';
import { renderTable } from './table.ts';

export async function listPacks(open: Pick<OpenPacks, 'list'>, isJson: boolean, io: CommandIo): Promise<ExitStatus> {
  const packs = await open.list();
  if (isJson) return writeJson(packs, io);
  await io.stdout.write(
    renderTable(
      [column('pack'), column('revision', 'BIGINT'), column('detections', 'BIGINT'), column('changed'), column('from')],
      packs.map((one) => [one.name, one.revision, one.detections, one.updatedAt, shownSource(one.source)]),
      io.terminalColumns,
    ),
  );
  return EXIT.done;
}

export async function writeHistory(
  open: Pick<OpenPacks, 'history'>,
  name: string,
  isJson: boolean,
  io: CommandIo,
): Promise<ExitStatus> {
  const revisions = await open.history(name);
  if (isJson) return writeJson(revisions, io);
  for (const { revision, at, by, note, source, detections, added, changed, removed } of revisions) {
    const reason = note === '' ? '' : `: ${note}`;
    await io.stdout.write(
      `${io.paint('bold', `revision ${revision}`)}  ${at}  ${by}${reason}  (${detections} in all)\n`,
    );
    if (source !== null) await io.stdout.write(`  from ${shownSource(source)}\n`);
    for (const [sign, ids] of [
      ['+', added],
      ['~', changed],
      ['-', removed],
    ] as const)
      for (const id of ids) await io.stdout.write(`  ${sign} ${id}\n`);
  }
  return EXIT.done;
}

export async function showPack(
  open: Pick<OpenPacks, 'items' | 'sourceOf'>,
  name: string,
  isJson: boolean,
  io: CommandIo,
): Promise<ExitStatus> {
  const [items, source] = [await open.items(name), await open.sourceOf(name)];
  if (isJson) return writeJson({ pack: name, source: source ?? null, items }, io);
  await io.stdout.write(
    renderTable(
      [column('id'), column('type'), column('severity'), column('enabled'), column('overridden here')],
      items.map(({ id, type, severity, enabled, isSwitched, overridden }) => [
        id,
        type.replaceAll('_', ' '),
        severity ?? '',
        `${enabled ? 'yes' : 'no'}${isSwitched ? ', switched here' : ''}`,
        overridden.join(', '),
      ]),
      io.terminalColumns,
    ),
  );
  if (source !== undefined) await io.stdout.write(`from ${shownSource(source)}${shownPart(source)}\n`);
  return EXIT.done;
}

/** `https://github.com/o/r rules v1.2 4f1c2d8e4f1c`; empty for a folder or zip. */
export function shownSource(source: ContentSource | null): string {
  if (source === null) return '';
  const { url, folder, ref, commit } = source;
  return [url, folder, ref === commit ? '' : ref, commit.slice(0, 12)].filter((part) => part).join(' ');
}

function shownPart({ packs = [], filters = [] }: ContentSource): string {
  const options = [...packs.map((id) => `--pack ${id}`), ...filters.map((filter) => `--filter ${filter}`)];
  return options.map((option) => ` ${option}`).join('');
}

async function writeJson(value: unknown, io: CommandIo): Promise<ExitStatus> {
  await io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return EXIT.done;
}

function column(name: string, type = 'VARCHAR') {
  return { name, type };
}
