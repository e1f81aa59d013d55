import { requeue } from '../cli/commands/requeue.ts';
import { runProgram } from './program.ts';

await runProgram({ command: requeue, required: { 'to.q': { question: 'Queue to move the messages to' } } });
