import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { withoutMissing } from '../../detections/format/links.ts';
import { loadDetections } from '../../detections/load.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { parseTime } from '../../operations/amounts.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { didYouMean } from '../nearest.ts';
import { writeProblems } from '../problems.ts';
import { duration } from '../quantities.ts';
import type { OpenReplay, ReplayOutcome } from '../services.ts';
import { renderTable } from '../table.ts';

const REPLAYABLE = new Set(['rule', 'scheduled_rule', 'correlation_rule']);
const ALERT_COLUMNS = [
  { name: 'first event', type: 'TIMESTAMP' },
  { name: 'severity', type: 'VARCHAR' },
  { name: 'events', type: 'BIGINT' },
  { name: 'title', type: 'VARCHAR' },
  { name: 'dedup', type: 'VARCHAR' },
];

export const replay = defineCommand({
  name: 'replay',
  summary: 'Show what a rule would have alerted on in the past',
  usage: '[options] --rule ID',
  details:
    'Runs a rule over the lake between two times, as it runs live: same runner, same grouping into alerts. Nothing is ' +
    'changed: no alert, no match, and the stateful helpers start empty. A scheduled rule is run over the rows that its ' +
    'queries give at each of their times, a correlation rule at each of its times over what its members would have ' +
    'matched. The rule is one that is installed, enabled or not, or with --path one of a folder, which may be about ' +
    'installed ones. Reads the data folder itself, whether Panther runs or not. ' +
    'Exit status 1: the rule failed on events.',
  operands: { min: 0, max: 0 },
  options: {
    rule: { value: 'ID', description: 'the rule; may be left out where --path has only one' },
    path: {
      value: 'DETECTIONS',
      description: 'folder, zip or specification that has the rule, in place of installed ones',
    },
    from: { value: 'TIME', default: '30d', description: 'begin: 2026-01-02, 2026-01-02T03:04:05Z, or 30d (ago)' },
    to: { value: 'TIME', description: 'end, not included; now without it' },
    limit: { value: 'N', kind: 'integer', min: 0, max: 200, default: 20, description: 'alerts that are shown' },
    json: { description: 'one JSON document, with samples of events' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    {
      line: 'panther replay --rule AWS.VPCFlow.PortScan --from 7d',
      does: 'What would it have found this week?',
    },
    {
      line: 'panther replay --path rules/new.yml --from 2026-01-01 --to 2026-02-01',
      does: 'Try a rule before it is installed.',
    },
  ],
  async run({ options }, io) {
    const now = io.clock.now();
    const from = parseTime(options.from, now, '--from');
    const to = options.to === undefined ? now : parseTime(options.to, now, '--to');
    if (from >= to) throw new UserError('it must be before --to', { field: '--from' });
    const open = await io.services.openReplay(options['data-dir'], options.config);
    try {
      const { rule, detections } = await choose(options, open, io);
      const outcome = await watched(rule, io, (onProgress) =>
        open.replay({ rule, detections, from, to, signal: io.signal, onProgress }),
      );
      if (options.json) await io.stdout.write(`${stringifyEvent({ rule: rule.id, from, to, ...outcome })}\n`);
      else await writeText(rule, outcome, options.limit, io);
      return outcome.errors > 0 ? EXIT.failures : EXIT.done;
    } catch (error) {
      if (io.signal.aborted) return EXIT.interrupted;
      throw error;
    } finally {
      await open.close();
    }
  },
});

async function choose(
  { rule: id, path }: { readonly rule: string | undefined; readonly path: string | undefined },
  open: OpenReplay,
  io: CommandIo,
): Promise<{ readonly rule: Detection; readonly detections: readonly Detection[] }> {
  if (path === undefined && id === undefined)
    throw new UserError('name the rule, or where it is with --path', { field: '--rule' });
  const installed = await open.detections();
  const { own, detections } =
    path === undefined ? { own: installed, detections: installed } : await load(path, installed, io);
  const found = own.filter(({ id: other, type }) => (id === undefined ? REPLAYABLE.has(type) : other === id));
  const [rule, ...more] = found;
  if (rule === undefined)
    throw new UserError(
      id === undefined
        ? `there is no rule in ${path}`
        : `there is no detection ${id}${didYouMean(
            id,
            own.map((one) => one.id),
          )}`,
      {
        field: '--rule',
      },
    );
  if (more.length > 0) throw new UserError(`there are ${found.length} rules in ${path}: name one`, { field: '--rule' });
  return { rule, detections };
}

/** A folder's own, and beside them what they may be about and what that needs; data models are the folder's alone. */
async function load(path: string, installed: readonly Detection[], io: CommandIo) {
  const { detections: own, problems } = loadDetections(resolve(io.cwd, path));
  await writeProblems(withoutMissing(problems, new Set(installed.map(({ id }) => id))), io);
  const ids = new Set(own.map(({ id }) => id));
  const others = installed.filter(({ id, type }) => type !== 'datamodel' && !ids.has(id));
  return { own, detections: [...own, ...others] };
}

async function watched(
  { id: label, type }: Detection,
  io: CommandIo,
  run: (onProgress: (progress: { readonly events: number; readonly done: number }) => void) => Promise<ReplayOutcome>,
): Promise<ReplayOutcome> {
  let progress: ReturnType<CommandIo['progress']> | undefined;
  let shown = 0;
  try {
    return await run(({ events, done }) => {
      progress ??= io.progress({ label, total: events, unit: type === 'scheduled_rule' ? 'runs' : 'events' });
      progress.add(done - shown);
      shown = done;
    });
  } finally {
    progress?.end();
  }
}

async function writeText(rule: Detection, outcome: ReplayOutcome, limit: number, io: CommandIo): Promise<void> {
  const { alerts, alertCount, events, candidates, matches, errors, durationMs } = outcome;
  const shown = alerts.slice(0, limit);
  if (shown.length > 0) {
    const rows = shown.map((one) => [one.firstEventAt, one.severity, one.eventCount, one.title, one.dedup]);
    await io.stdout.write(renderTable(ALERT_COLUMNS, rows, io.terminalColumns));
  }
  if (alertCount > shown.length) await io.stdout.write(`… and ${count(alertCount - shown.length, 'more alert')}\n`);
  const lines = [
    `${count(alertCount, 'alert')} of ${count(matches, 'match')}; the rule was run on ${whatOf(rule, candidates, events)} in ${duration(durationMs)}`,
    ...(outcome.hidden === 0 ? [] : [`${count(outcome.hidden, 'more match')} hidden by exceptions`]),
    ...outcome.failures.map(
      ({ title, message, count: times }) => `${io.paint('red', 'error')} (${times} times): ${title}: ${message}`,
    ),
    ...(outcome.suggestion === null ? [] : [`dedup: ${outcome.suggestion.reason}`]),
    ...(rule.isEnabled || errors > 0
      ? []
      : [`The rule is not enabled: enable it in the console, or with Enabled: true.`]),
  ];
  await io.stdout.write(`${lines.join('\n')}\n`);
}

function whatOf({ type }: Detection, candidates: number, events: number): string {
  if (type === 'scheduled_rule') return count(events, 'row');
  if (type === 'correlation_rule') return `${count(candidates, 'match')} of its members in ${count(events, 'event')}`;
  return `${candidates} of ${count(events, 'event')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : noun.replace(/(ch)?$/, (ending) => (ending === 'ch' ? 'ches' : 's'))}`;
}
