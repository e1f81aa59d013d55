/** Every command, in the order of the help. Code loads when a command is run; a test compares this list with the folder. */
import type { AnyCommand } from '../command.ts';

export interface CommandEntry {
  readonly name: string;
  /** Equal to the command's own; kept here so that `panther --help` loads no command. */
  readonly summary: string;
  load(): Promise<AnyCommand>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'Run Panther: console, API, sources, log processing, alert delivery',
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'ingest',
    summary: 'Put log files through a source',
    load: async () => (await import('./ingest.ts')).ingest,
  },
  {
    name: 'parse',
    summary: 'Turn log files into normalised events',
    load: async () => (await import('./parse.ts')).parse,
  },
  {
    name: 'infer',
    summary: 'Infer a log schema from samples',
    load: async () => (await import('./infer.ts')).infer,
  },
  {
    name: 'customlogs',
    summary: 'Develop schemas of custom logs: test one, or infer one',
    load: async () => (await import('./customlogs.ts')).customlogs,
  },
  {
    name: 'query',
    summary: 'Run SQL over the lake',
    load: async () => (await import('./query.ts')).query,
  },
  {
    name: 'detect',
    summary: 'Run detections over log files, with no server',
    load: async () => (await import('./detect.ts')).detect,
  },
  {
    name: 'test',
    summary: 'Run the unit tests inside detections',
    load: async () => (await import('./test.ts')).test,
  },
  {
    name: 'validate',
    summary: 'Check detections without running them',
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    name: 'types',
    summary: 'Write the TypeScript types of events, for detections',
    load: async () => (await import('./types.ts')).types,
  },
  {
    name: 'explain',
    summary: 'Show which events a rule is run on, and why',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'replay',
    summary: 'Show what a rule would have alerted on in the past',
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'upload',
    summary: 'Install detections, after a look at what would change',
    load: async () => (await import('./upload.ts')).upload,
  },
  {
    name: 'pack',
    summary: 'Show, update, roll back and uninstall what was uploaded',
    load: async () => (await import('./pack.ts')).pack,
  },
  {
    name: 'packages',
    summary: 'Fetch the Python packages that detections import',
    load: async () => (await import('./packages.ts')).packages,
  },
  {
    name: 'compact',
    summary: 'Turn JSON logs into Parquet and merge small files, in a folder, a bucket or a lake',
    load: async () => (await import('./compact.ts')).compact,
  },
  {
    name: 'requeue',
    summary: 'Move messages between queues, such as a dead-letter queue back to its origin',
    load: async () => (await import('./requeue.ts')).requeue,
  },
  {
    name: 'filegen',
    summary: 'Write made-up logs of any log type, for benchmarks and demos',
    load: async () => (await import('./filegen.ts')).filegen,
  },
  {
    name: 's3queue',
    summary: 'Back-fill: send the objects of an S3 path or a folder to the log processor',
    load: async () => (await import('./s3queue.ts')).s3queue,
  },
  {
    name: 's3sns',
    summary: 'Tell the subscribers of the processed data of its objects once more',
    load: async () => (await import('./s3sns.ts')).s3sns,
  },
];
