import { s3sns } from '../cli/commands/s3sns.ts';
import { runProgram } from './program.ts';

await runProgram({
  command: s3sns,
  required: { s3path: { question: 'Objects to publish (s3://BUCKET/PREFIX)' } },
});
