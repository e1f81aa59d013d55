import { filegen } from '../cli/commands/filegen.ts';
import { runProgram } from './program.ts';

await runProgram({
  command: filegen,
  required: {
    to: { question: 'Where the logs go (a folder, s3://…, http://…, syslog+tcp://…, -)', unless: ['bucket', 'list'] },
  },
});
