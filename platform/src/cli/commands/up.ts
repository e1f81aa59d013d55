import { UserError } from '../../core/errors.ts';
import { defineCommand, EXIT } from '../command.ts';

export const up = defineCommand({
  name: 'up',
  summary: 'Run Panther: console, API, sources, log processing, alert delivery',
  usage: '[options]',
  details:
    'Everything is kept in the data folder, so the next start goes on where this one ended. The first start prints a ' +
    'link that makes the administrator. Stop with Ctrl+C; a second one stops at once, and loses nothing.',
  operands: { max: 0 },
  options: {
    'data-dir': {
      value: 'DIR',
      description: 'where everything is kept ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    host: { value: 'H', description: 'address to listen on (127.0.0.1)' },
    port: {
      value: 'N',
      kind: 'integer',
      min: 0,
      max: 65_535,
      description: 'port of console and API (8765); 0: a free one',
    },
    config: { value: 'FILE', description: 'configuration file (YAML)' },
    only: { value: 'ROLE,…', description: 'parts to run: api, sources, log-processor, alert-delivery, maintenance' },
    demo: { description: 'add sample sources and a stream of sample logs in which attacks happen' },
  },
  examples: [
    { line: 'panther up', does: 'Run everything on http://127.0.0.1:8765.' },
    { line: 'panther up --demo', does: 'Look around with sample logs.' },
  ],
  async run({ options }, io) {
    const panther = await io.services.startPanther({
      dataDir: options['data-dir'],
      host: options.host,
      port: options.port,
      configFile: options.config,
      only: rolesOf(options.only),
      isDemo: options.demo,
    });
    for (const line of panther.greeting) await io.stderr.write(`${line}\n`);
    await io.stderr.flush();
    await Promise.race([aborted(io.signal), panther.failed]);
    await io.stderr.write('stopping…\n');
    await panther.stop();
    return EXIT.done;
  },
});

function rolesOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const roles = text.split(',').map((role) => role.trim());
  if (roles.includes('')) throw new UserError(`"${text}" is not a list of roles`, { field: '--only' });
  return roles;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
