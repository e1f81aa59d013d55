import { s3queue } from '../cli/commands/s3queue.ts';
import { runProgram } from './program.ts';

await runProgram({
  command: s3queue,
  required: { s3path: { question: 'Objects to send (s3://BUCKET/PREFIX)', unless: ['path'] } },
});
