/**
 * Log files in a folder of this machine, or one that is mounted: new, growing, renamed (log rotation), `.gz` and `.zst`.
 * Nothing is copied: files are read where they are, and must stay until they are processed. Links are not followed.
 */
import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import { defineSource } from './source.ts';
import { openFile } from './watched-folder/open-file.ts';
import { FolderWatcher } from './watched-folder/watcher.ts';

const configSchema = z.object({
  path: z
    .string()
    .min(1)
    .refine(isAbsolute, 'must be an absolute path')
    .transform((path) => normalize(path).replace(/(?<=.)[/\\]$/, ''))
    .describe('Absolute path of the folder.'),
  recursive: z.boolean().default(true).describe('Read folders inside it as well.'),
  include: z
    .array(z.string().min(1))
    .min(1)
    .default(['**'])
    .describe('Patterns of the files to read, such as `*.log` or `nginx/**`; without a slash: by name in any folder.'),
  exclude: z
    .array(z.string().min(1))
    .default(['.*', '**/.*/**', '*.tmp', '*.part', '*.swp', '*~'])
    .describe('Patterns of files to leave out: names that programs use while they write.'),
  settleMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(300)
    .describe(
      'A line without an end is read when the file has not changed for so long; whole files wait for 1 s at least.',
    ),
  rescanSeconds: z
    .number()
    .min(0.1)
    .max(3_600)
    .default(5)
    .describe('How often the folder is looked through for what the system has not reported.'),
});

export const watchedFolder = defineSource({
  id: 'watched-folder',
  title: 'Folder',
  description: 'Log files that are in a folder of this machine, or appear, grow and rotate there.',
  documentationUrl: null,
  config: configSchema,
  start: async (config, context) => {
    const watcher = new FolderWatcher(context, config);
    return { stop: () => watcher.stop() };
  },
  open: (object, _config, context) => openFile(object, context),
});
