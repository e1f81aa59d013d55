#!/usr/bin/env node
/** The program `panther`. */
import { main } from '../cli/main.ts';
import { processIo } from '../cli/process-io.ts';
import { services } from './services.ts';

// Not process.exit(): what is still to be written would be lost. A signal's status tells the shell that it was obeyed.
process.exitCode = await main(process.argv.slice(2), processIo(services()));
