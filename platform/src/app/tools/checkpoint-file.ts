/** A small file that is replaced as a whole: after a crash it says what it said before, or what it was to say. */
import { open, readFile } from 'node:fs/promises';
import { hasCode, placeFile } from '../../adapters/embedded/durable-files.ts';
import type { CheckpointFile } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';

export function checkpointFile(path: string): CheckpointFile {
  return {
    async read() {
      try {
        return await readFile(path, 'utf8');
      } catch (cause) {
        if (hasCode(cause, 'ENOENT')) return undefined;
        throw new UserError('cannot read the checkpoint', { file: path }, { cause });
      }
    },
    async write(text) {
      const draft = `${path}.new`;
      try {
        const file = await open(draft, 'w');
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await placeFile(draft, path, { ifAbsent: false });
      } catch (cause) {
        throw new UserError('cannot write the checkpoint', { file: path }, { cause });
      }
    },
  };
}
