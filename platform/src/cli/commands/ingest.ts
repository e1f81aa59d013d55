import { UserError } from '../../core/errors.ts';
import { defineCommand, EXIT } from '../command.ts';
import type { IngestedFile } from '../services.ts';

export const ingest = defineCommand({
  name: 'ingest',
  summary: 'Put log files through a source',
  usage: '[options] --source NAME FILE…',
  details:
    'The files are copied into the data folder of the Panther on this machine, or with --config to where that Panther ' +
    'keeps objects, and processed as if the source had received them; waits until they are. A file with the same content is processed once, however often it is given. ' +
    'Exit status 1: some records were not stored.',
  operands: { min: 1 },
  options: {
    source: { value: 'NAME', description: 'name or id of the source' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration (YAML) of the Panther' },
    'no-wait': { description: 'return when the files are handed over, before they are processed' },
    json: { description: 'one JSON line for each file' },
  },
  examples: [
    { line: 'panther ingest --source cloudtrail trail/*.json.gz', does: 'Process files, print the counts of each.' },
    { line: 'panther ingest --config panther.yml --source cloudtrail a.json', does: 'Of a Panther that runs on AWS.' },
  ],
  async run({ options, operands }, io) {
    if (options.source === undefined) throw new UserError('name the source', { field: '--source' });
    const intake = await io.services.openIntake(options['data-dir'], options.config, options.source);
    const progress = io.progress({ label: 'ingesting', total: operands.length, unit: 'files' });
    let isClean = true;
    try {
      for (const file of operands) await intake.put(file, io.cwd);
      for await (const done of intake.results({ wait: !options['no-wait'], signal: io.signal })) {
        isClean &&= done.quarantined + done.rejected === 0;
        progress.add(1);
        await io.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${describe(done)}\n`);
      }
    } finally {
      progress.end();
      await intake.close();
    }
    return isClean ? EXIT.done : EXIT.failures;
  },
});

function describe(done: IngestedFile): string {
  if (done.status === 'queued') return `${done.file}: queued`;
  const kept = done.quarantined + done.rejected;
  const again = done.status === 'already-stored' ? ' (was already processed)' : '';
  const problem = kept === 0 ? '' : `, ${done.quarantined} quarantined, ${done.rejected} rejected`;
  return `${done.file}: ${done.received} received, ${done.stored} stored${problem}${again}`;
}
