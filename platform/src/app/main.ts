#!/usr/bin/env node
/** The program `panther`. */
import { enableCompileCache } from 'node:module';
import { hideExperimentalWarnings } from './warnings.ts';

// Before anything else is loaded: starting is mostly compiling, and what was compiled once is read from a cache.
enableCompileCache();
hideExperimentalWarnings();

const [{ main }, { processIo }, { services }] = await Promise.all([
  import('../cli/main.ts'),
  import('../cli/process-io.ts'),
  import('./services.ts'),
]);

// Not process.exit(): what is still to be written would be lost. A signal's status tells the shell that it was obeyed.
process.exitCode = await main(process.argv.slice(2), processIo(services()));
