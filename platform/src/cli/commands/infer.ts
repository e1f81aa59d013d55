import { defineCommand } from '../command.ts';
import { inferFromFiles } from '../inference.ts';

export const infer = defineCommand({
  name: 'infer',
  summary: 'Infer a log schema from samples',
  usage: '[options] FILE… | DIR | -',
  details:
    'Reads JSON (lines, documents, arrays), delimited text, syslog, and text lines whose pattern is evident, ' +
    'compressed or not, and writes a schema (YAML) that all of it parses with. Then it tries the schema on the same ' +
    'files. Exit status 1: there are records that it does not parse.',
  operands: { min: 1 },
  options: {
    name: { value: 'T', description: 'name of the log type (default: Custom. and the name of the first file)' },
    output: { value: 'FILE', aliases: ['o'], description: 'write the schema to a file' },
    'skip-test': { description: 'do not try the schema on the files' },
    json: { description: 'one JSON document with the schema and what was found' },
  },
  examples: [
    { line: 'panther infer --name Custom.Orders orders.json.gz > orders.yml', does: 'Make a schema.' },
    { line: 'zcat shop.*.gz | panther infer --json -', does: 'See what is found in logs from stdin.' },
  ],
  run: ({ options, operands }, io) => inferFromFiles(operands, options, io),
});
