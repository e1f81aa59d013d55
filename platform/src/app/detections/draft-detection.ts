/** A detection that is not saved: read by the loader of content, as if it stood in a folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { type LoadedDetections, loadDetections } from '../../detections/load.ts';

export interface Draft {
  /** The specification. */
  readonly yaml: string;
  /** The code; empty for what is data. */
  readonly body: string;
}

export interface LoadedDraft {
  readonly content: LoadedDetections;
  /** Path under which the code was read, for telling messages about it from those about the specification. */
  readonly codeFile: string | undefined;
}

/** Everything that loading says of a draft. @throws UserError when its file name is not one */
export async function loadDraft({ yaml, body }: Draft, tmpDir: string): Promise<LoadedDraft> {
  await mkdir(tmpDir, { recursive: true });
  const folder = await mkdtemp(join(tmpDir, 'draft-'));
  try {
    await writeFile(join(folder, 'draft.yml'), yaml);
    const fileName = fileNameIn(yaml);
    if (fileName !== undefined) await writeFile(join(folder, fileName), body);
    const codeFile = fileName === undefined ? undefined : join(folder, fileName);
    return { content: loadDetections(folder), codeFile };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws UserError with the first problem, its line in `field` */
export async function readDraft(draft: Draft, tmpDir: string): Promise<Detection> {
  const { detections, problems } = (await loadDraft(draft, tmpDir)).content;
  const [error] = problems.filter(({ level }) => level === 'error');
  if (error !== undefined) throw new UserError(error.message, { field: 'draft' });
  const [detection] = detections;
  if (detection === undefined) throw new UserError('it has no specification of a detection', { field: 'draft.yaml' });
  return detection;
}

/** What is not YAML is for the loader to refuse. */
function fileNameIn(yaml: string): string | undefined {
  try {
    const spec = parse(yaml) as { readonly Filename?: unknown } | null;
    if (typeof spec?.Filename !== 'string' || spec.Filename === '') return undefined;
    if (basename(spec.Filename) === spec.Filename && !spec.Filename.startsWith('.')) return spec.Filename;
  } catch {
    return undefined;
  }
  throw new UserError('Filename must be the name of a file, without a folder', { field: 'draft.yaml' });
}
