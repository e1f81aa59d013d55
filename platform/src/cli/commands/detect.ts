import { resolve } from 'node:path';
import { createAlertWindows } from '../../alerts/event-windows.ts';
import type { RuleMatch, RuleResult } from '../../core/detection.ts';
import { UserError } from '../../core/errors.ts';
import { createDetectionEngine, type DetectionEngine } from '../../detections/engine.ts';
import { loadDetections } from '../../detections/load.ts';
import type { Condition } from '../../detections/planner/condition.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import { createCorrelationResults } from '../../detections/sigma/correlation/results.ts';
import { compileLogType } from '../../log-analysis/compile.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { processStream } from '../../log-analysis/process-stream.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { type ContentLookups, contentLookups } from '../content-lookups.ts';
import { logFiles, openLogFile } from '../log-files.ts';
import { knownLogTypes, readSchemas, selectLogTypes } from '../log-types.ts';
import { writeProblems } from '../problems.ts';
import { withLogTypes, writeSigmaSummary } from '../sigma.ts';

/** Candidates that are evaluated together. */
const BATCH = 2_000;

export const detect = defineCommand({
  name: 'detect',
  summary: 'Run detections over log files, with no server',
  usage: '[options] --path DETECTIONS FILE… | DIR | -',
  details:
    'Alerts are written to stdout as NDJSON: matches of a rule with one dedup string, within its dedup period by the ' +
    'time of the events, once there are as many as its threshold. Rules that are not enabled are left out. ' +
    'Sigma rules and correlations are read as they are; with --log-type, those whose log source has no log type here ' +
    'run on the log types named. Exit status 1: a rule failed, or a specification is not valid.',
  operands: { min: 1 },
  options: {
    path: { value: 'DETECTIONS', description: 'folder of detections, one specification, or Sigma rules' },
    schema: { value: 'FILE', repeatable: true, description: 'a log schema of your own' },
    'log-type': { value: 'T', repeatable: true, description: 'a log type to try; without it, those of the detections' },
    matches: { description: 'every match with its event, instead of alerts' },
  },
  examples: [
    { line: 'panther detect --path detections/ trail/', does: 'What would these rules have alerted on?' },
    { line: 'zcat x.gz | panther detect --path my-rule.yml --matches -', does: 'Print what one rule matches.' },
  ],
  async run({ options, operands }, io) {
    if (options.path === undefined) throw new UserError('name the folder of the detections', { field: '--path' });
    const { detections: loaded, problems, correlations } = loadDetections(resolve(io.cwd, options.path));
    await writeProblems(problems, io);
    const schemas = await readSchemas(options.schema, io);
    const known = knownLogTypes(io, schemas);
    const detections = withLogTypes(loaded, options['log-type'], known);
    await writeSigmaSummary(detections, correlations, known, io);
    const rules = detections.filter(({ type, isEnabled }) => type === 'rule' && isEnabled);
    const names = options['log-type'].length > 0 ? options['log-type'] : rules.flatMap(({ info }) => info.logTypes);
    const logTypes = selectLogTypes(names, options['log-type'].length > 0, known).map(compileLogType);
    const correlated = createCorrelationResults(correlations);
    const lookups = contentLookups(detections);
    const runners = await io.services.openRunners(undefined, lookups.find);
    const conditions = new Map<string, Condition>();
    for (const rule of rules.filter(({ language }) => language !== 'sigma'))
      conditions.set(rule.version, await planDetection(rule, (source) => runners.python.ast(source)));
    const engine = createDetectionEngine({
      detections,
      ...runners,
      conditionOf: ({ version }) => conditions.get(version) ?? { op: 'true' },
      stringify: stringifyEvent,
    });
    const infos = new Map([...rules.map(({ id, info }) => [id, info] as const), ...correlated.infos]);
    const windows = createAlertWindows((ruleId) => infos.get(ruleId));
    const failed = new Set<string>();

    async function drain(): Promise<void> {
      for (const result of await engine.drain()) {
        if (result.kind === 'error') await tellError(result, failed, io);
        else for (const match of [result, ...correlated.add(result)]) await tellMatch(match);
      }
    }

    async function tellMatch(match: RuleMatch): Promise<void> {
      if (options.matches) await io.stdout.write(`${matchLine(match)}\n`);
      else for (const alert of windows.add(match)) await io.stdout.write(`${JSON.stringify(alert)}\n`);
    }

    try {
      await engine.warmUp();
      for await (const file of logFiles(operands, io))
        await readFile(file, { engine, logTypes, drain, enrich: lookups.enrich }, io);
      await drain();
      for (const match of correlated.end()) await tellMatch(match);
      for (const alert of windows.end()) await io.stdout.write(`${JSON.stringify(alert)}\n`);
    } finally {
      await runners.close();
    }
    const hasErrors = failed.size > 0 || problems.some(({ level }) => level === 'error');
    return hasErrors || io.signal.aborted ? EXIT.failures : EXIT.done;
  },
});

interface Detecting {
  readonly engine: DetectionEngine;
  readonly logTypes: readonly ReturnType<typeof compileLogType>[];
  drain(): Promise<void>;
  readonly enrich: ContentLookups['enrich'];
}

async function readFile(name: string, { engine, logTypes, drain, enrich }: Detecting, io: CommandIo): Promise<void> {
  const { stream, progress } = await openLogFile(name, io);
  let unparsed = 0;
  try {
    await processStream(stream, {
      logTypes,
      unitId: name,
      now: () => io.clock.now(),
      fileName: name,
      onEvent(event) {
        enrich(event);
        engine.offer(event);
      },
      onKept() {
        unparsed += 1;
      },
      betweenChunks() {
        progress.update();
        return engine.pendingCount >= BATCH ? drain() : undefined;
      },
      signal: io.signal,
    });
  } finally {
    progress.end();
  }
  if (unparsed > 0)
    await io.stderr.write(`${name}: ${unparsed} records are of none of the log types; see panther parse\n`);
}

/** Once for each rule: a rule that fails usually fails on every event. */
async function tellError(result: RuleResult & { kind: 'error' }, failed: Set<string>, io: CommandIo): Promise<void> {
  if (failed.has(result.ruleId)) return;
  failed.add(result.ruleId);
  await io.stderr.write(`${io.paint('red', 'error')}: ${result.ruleId}: ${result.dedup}: ${result.message}\n`);
}

function matchLine(match: RuleResult & { kind: 'match' }): string {
  const { event, kind: _kind, context, ...fields } = match;
  const head = JSON.stringify({ ...fields, context: context === undefined ? {} : JSON.parse(context) });
  return `${head.slice(0, -1)},"event":${stringifyEvent(event)}}`;
}
