import { resolve } from 'node:path';
import { defineCommand, EXIT } from '../command.ts';

export const packages = defineCommand({
  name: 'packages',
  summary: 'Fetch the Python packages that detections import',
  usage: '[options]',
  details:
    'Detections in Python can import the packages that PipLayer in deployments/panther_config.yml lists, such as ' +
    '"python-dateutil==2.9.0.post0", and what these need. They are fetched once into the data folder; versions and ' +
    'digests stay as they are until the list asks for others. Only pure Python runs. Nothing else in Panther needs the ' +
    'package index.',
  operands: { max: 0 },
  options: {
    config: { value: 'FILE', description: 'configuration with PipLayer; deployments/panther_config.yml without it' },
    'data-dir': { value: 'DIR', description: 'data folder of Panther' },
    'index-url': { value: 'URL', description: 'package index to use in place of https://pypi.org/simple/' },
    json: { description: 'one JSON document' },
  },
  examples: [
    { line: 'panther packages', does: 'Fetch what is listed and not there yet.' },
    { line: 'panther packages --index-url https://pypi.example.com/simple/', does: 'Use your own index.' },
  ],
  async run({ options }, io) {
    const { file, packages: fetched } = await io.services.fetchPackages({
      configFile: options.config === undefined ? undefined : resolve(io.cwd, options.config),
      dataDir: options['data-dir'],
      indexUrl: options['index-url'] ?? io.env.PIP_INDEX_URL,
      cwd: io.cwd,
    });
    const shown = fetched.map(({ name, version, sha256, modules }) => ({ name, version, sha256, modules }));
    if (options.json) await io.stdout.write(`${JSON.stringify({ packages: shown }, null, 2)}\n`);
    else if (shown.length === 0) await io.stderr.write(`${file} lists no packages in PipLayer\n`);
    else
      for (const { name, version, sha256 } of shown) await io.stdout.write(`${name}==${version}  sha256:${sha256}\n`);
    return EXIT.done;
  },
});
