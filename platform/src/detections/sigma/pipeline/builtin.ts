/**
 * The pipelines that come with Panther. They are part of the program, not of the content that users fork: a folder of
 * rules maps alike wherever it is loaded (command line, upload, server), and users change the result with pipelines of
 * their own beside their rules, which come first.
 */
import { readFileSync } from 'node:fs';
import { readYaml } from '../yaml.ts';
import { type Pipeline, parsePipeline } from './schema.ts';

const FILES = ['./builtin/log-sources.yml', './builtin/windows.yml', './builtin/fields.yml'] as const;
let known: readonly Pipeline[] | undefined;

/** Read on first use. */
export function builtinPipelines(): readonly Pipeline[] {
  known ??= FILES.flatMap((file) => readYaml(readFileSync(new URL(file, import.meta.url), 'utf8')).map(parsePipeline));
  return known;
}
