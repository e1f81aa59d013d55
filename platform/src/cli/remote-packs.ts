/** `panther upload` and `panther pack` for a Panther elsewhere: it checks, plans and installs; this shows and asks. */
import { zipSync } from 'fflate';
import { UserError } from '../core/errors.ts';
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import type { SentContent } from './content-zip.ts';
import { confirm, isNothing, planAsJson, writePlan } from './pack-plan.ts';
import { writeProblems } from './problems.ts';
import type { RemotePacks, RemotePlan } from './services.ts';

interface Chosen {
  readonly yes: boolean;
  readonly json: boolean;
  readonly diff: boolean;
}

export interface RemoteUpload extends Chosen {
  readonly name: string;
  readonly sent: SentContent;
  readonly note: string;
  readonly partial: boolean;
  readonly 'dry-run': boolean;
}

export async function uploadElsewhere(remote: RemotePacks, upload: RemoteUpload, io: CommandIo): Promise<ExitStatus> {
  const { name, sent, note, partial } = upload;
  const preview = await remote.preview(name, sent.content);
  const problems = preview.problems.map((one) => ({ ...one, file: `${sent.label}/${one.file}` }));
  await writeProblems(problems, io);
  const errors = problems.filter(({ level }) => level === 'error').length;
  const tell = async (installed: boolean) => {
    const document = { installed, ...planAsJson(preview.plan), problems };
    if (upload.json) await io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  };
  if (errors > 0 && !partial) {
    await io.stderr.write(`${errors} errors: nothing was installed; --partial installs what is without errors\n`);
    await tell(false);
    return EXIT.failures;
  }
  if (!upload.json) await writePlan(preview.plan, preview.content, upload.diff, io);
  const status = errors > 0 ? EXIT.failures : EXIT.done;
  if (upload['dry-run'] || isNothing(preview.plan)) {
    await tell(false);
    return status;
  }
  if (!(await isWanted('Install?', upload, io))) return EXIT.failures;
  const done = await remote.install(name, sent.content, { revision: preview.plan.revision, note, isPartial: partial });
  if (!upload.json)
    await io.stdout.write(`installed: ${done.added} added, ${done.updated} changed, ${done.removed} removed\n`);
  await tell(true);
  return status;
}

export async function rollBackElsewhere(
  remote: RemotePacks,
  name: string,
  chosen: Chosen & { readonly to: number | undefined },
  io: CommandIo,
): Promise<ExitStatus> {
  const [newest] = await remote.history(name);
  const to = chosen.to ?? (newest?.revision ?? 0) - 1;
  if (to < 1) throw new UserError(`the pack ${name} has no earlier revision`);
  const preview = await remote.previewRollBack(name, to);
  if (!chosen.json) await writePlan(preview.plan, preview.content, chosen.diff, io);
  if (isNothing(preview.plan)) return EXIT.done;
  if (!(await isWanted(`Go back to revision ${to}?`, chosen, io))) return EXIT.failures;
  await remote.rollBack(name, { to, revision: preview.plan.revision, note: '' });
  if (chosen.json) await writeDone(preview, true, io);
  return EXIT.done;
}

export async function driftElsewhere(
  remote: RemotePacks,
  name: string,
  { content: sent, label }: SentContent,
  chosen: Chosen,
  io: CommandIo,
): Promise<ExitStatus> {
  const { plan, content, problems } = await remote.preview(name, sent);
  await writeProblems(
    problems.map((one) => ({ ...one, file: `${label}/${one.file}` })),
    io,
  );
  if (chosen.json) await io.stdout.write(`${JSON.stringify(planAsJson(plan), null, 2)}\n`);
  else await writePlan(plan, content, chosen.diff, io);
  return plan.changes.length + plan.switched.length + plan.overridden.length === 0 ? EXIT.done : EXIT.failures;
}

/** An update with nothing in it tells what would go. */
export async function uninstallElsewhere(
  remote: RemotePacks,
  name: string,
  chosen: Chosen & { readonly 'dry-run': boolean },
  io: CommandIo,
): Promise<ExitStatus> {
  await remote.history(name);
  const preview = await remote.preview(name, zipSync({}));
  if (!chosen.json) await writePlan(preview.plan, preview.content, chosen.diff, io);
  if (chosen['dry-run'] || isNothing(preview.plan)) {
    if (chosen.json) await writeDone(preview, false, io);
    return EXIT.done;
  }
  if (!(await isWanted('Uninstall?', chosen, io))) return EXIT.failures;
  await remote.uninstall(name);
  if (chosen.json) await writeDone(preview, true, io);
  return EXIT.done;
}

async function isWanted(question: string, { yes, json }: Chosen, io: CommandIo): Promise<boolean> {
  if (yes || (!json && (await confirm(question, io)))) return true;
  await io.stderr.write('nothing was changed; --yes does it without asking\n');
  return false;
}

async function writeDone({ plan }: RemotePlan, installed: boolean, io: CommandIo): Promise<void> {
  await io.stdout.write(`${JSON.stringify({ installed, ...planAsJson(plan) }, null, 2)}\n`);
}
