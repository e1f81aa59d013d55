import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { CHOICE_OPTIONS, packNameOf, readContent, SOURCE_OPTIONS } from '../content-source.ts';
import { contentToSend } from '../content-zip.ts';
import { installContent } from '../install-content.ts';
import { REMOTE_OPTIONS, remoteAddress } from '../remote.ts';
import { uploadElsewhere } from '../remote-packs.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export const upload = defineCommand({
  name: 'upload',
  summary: 'Install detections, after a look at what would change',
  usage: '[options] PATH | URL',
  details:
    'PATH is a folder or a zip of detections; URL is a git repository: https://…, ssh://… or git@host:path, or a path ' +
    'with --ref. What it holds becomes a pack: + is added, ~ is changed, ' +
    '- is removed because the pack has it no more, ! is left as it is because it was edited in Panther or belongs to ' +
    'another pack. What users switched on or off stays so. First everything is checked as panther validate does: with ' +
    'an error nothing is installed, unless --partial. A Panther that runs takes the change up within seconds. ' +
    'What --filter leaves out is neither installed nor removed. ' +
    'Exit status 1: there are errors, or it was not installed.',
  operands: { max: 1 },
  options: {
    name: { value: 'NAME', description: 'name of the pack; without it that of the folder, file or repository' },
    path: { value: 'PATH', description: 'the same as PATH' },
    ...SOURCE_OPTIONS,
    ...CHOICE_OPTIONS,
    yes: { description: 'install without asking' },
    'dry-run': { description: 'only show what would change' },
    diff: { description: 'show the lines that differ' },
    partial: { description: 'install what is without errors; then nothing is removed' },
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
    { line: 'panther upload --dry-run --diff detections/', does: 'What would change, line by line?' },
    { line: 'panther upload --yes --note "$GIT_COMMIT" detections/', does: 'Install from a build.' },
    {
      line: 'panther upload --ref v2 --pack Example.AWS https://github.com/example/detections',
      does: 'Install one of the packs of a repository, as of a tag.',
    },
    {
      line: 'panther upload --yes --api-host https://panther.example.com detections/',
      does: 'Install into a Panther elsewhere.',
    },
  ],
  async run({ options, operands }, io) {
    const place = operands[0] ?? options.path;
    if (place === undefined) throw new UserError('name what is uploaded: a folder, a zip or a repository');
    const name = options.name ?? packNameOf(place, io.cwd);
    if (!NAME.test(name))
      throw new UserError(`"${name}" is no name of a pack: letters, digits, . _ -`, { field: '--name' });
    const request = { place, ref: options.ref, folder: options.folder, packs: options.pack, filters: options.filter };
    const elsewhere = remoteAddress(options, io);
    if (elsewhere !== undefined) {
      const sent = await contentToSend(request, io);
      return uploadElsewhere(await io.services.openRemotePacks(elsewhere), { ...options, name, sent }, io);
    }
    const open = await io.services.openPacks(options['data-dir'], options.config);
    try {
      const read = await readContent(request, io);
      for (const path of read.paths) open.checkFolder(resolve(io.cwd, path));
      return await installContent(open, { name, read, options }, io);
    } finally {
      await open.close();
    }
  },
});
