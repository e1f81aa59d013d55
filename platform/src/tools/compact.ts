import { compact } from '../cli/commands/compact.ts';
import { runProgram } from './program.ts';

await runProgram({ command: compact });
