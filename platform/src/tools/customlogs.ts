import { customlogs } from '../cli/commands/customlogs.ts';
import { runProgram } from './program.ts';

await runProgram({ command: customlogs });
