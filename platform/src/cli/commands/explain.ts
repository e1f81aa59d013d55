import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import type { Condition } from '../../detections/planner/condition.ts';
import { holds } from '../../detections/planner/evaluate.ts';
import { explain as inWords } from '../../detections/planner/explain.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { didYouMean } from '../nearest.ts';
import { writeProblems } from '../problems.ts';

export const explain = defineCommand({
  name: 'explain',
  summary: 'Show which events a rule is run on, and why',
  usage: '[options] RULE…',
  details:
    "A rule's code is run only on events that it could match or fail on. What such an event must have is derived from " +
    'the code; an event that is not certain is always given to the rule. RULE is an id. Shown are the condition, or ' +
    'that there is none, and the events of its unit tests that meet it.',
  operands: { min: 0 },
  options: {
    path: { value: 'DETECTIONS', description: 'folder, zip or specification; without it the rules that are installed' },
    json: { description: 'one JSON document' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    { line: 'panther explain AWS.VPCFlow.PortScan', does: 'Explain a rule that is installed.' },
    { line: 'panther explain --path detections/', does: 'Explain every rule of a folder.' },
  ],
  async run({ options, operands }, io) {
    if (options.path === undefined && operands.length === 0)
      throw new UserError('name a rule, or a folder with --path');
    const rules = chosen(await detectionsOf(options, io), operands);
    const runners = await io.services.openRunners(options['data-dir']);
    try {
      const explained: Explained[] = [];
      for (const rule of rules) {
        const one = explanationOf(rule, await planDetection(rule, (source) => runners.python.ast(source)));
        if (!options.json) await io.stdout.write(`${text(one, io)}\n`);
        explained.push(one);
      }
      if (options.json) await io.stdout.write(`${JSON.stringify(explained, null, 2)}\n`);
      return EXIT.done;
    } finally {
      await runners.close();
    }
  },
});

interface Explained {
  readonly id: string;
  readonly language: Detection['language'];
  readonly enabled: boolean;
  readonly logTypes: readonly string[];
  /** Null: every event of its log types. */
  readonly condition: string | null;
  readonly tests: readonly { readonly name: string; readonly expectedResult: boolean; readonly isGiven: boolean }[];
}

async function detectionsOf(
  options: {
    readonly path: string | undefined;
    readonly 'data-dir': string | undefined;
    readonly config: string | undefined;
  },
  io: CommandIo,
): Promise<readonly Detection[]> {
  if (options.path !== undefined) {
    const { detections, problems } = loadDetections(resolve(io.cwd, options.path));
    await writeProblems(problems, io);
    return detections;
  }
  const open = await io.services.openReplay(options['data-dir'], options.config);
  try {
    return await open.detections();
  } finally {
    await open.close();
  }
}

function chosen(detections: readonly Detection[], ids: readonly string[]): readonly Detection[] {
  if (ids.length === 0) return detections.filter(({ type }) => type === 'rule');
  return ids.map((id) => {
    const found = detections.find((one) => one.id === id);
    if (found === undefined)
      throw new UserError(
        `there is no detection ${id}${didYouMean(
          id,
          detections.map((one) => one.id),
        )}`,
      );
    if (found.type !== 'rule') throw new UserError(`${id} is a ${found.type}: only rules are given events`);
    return found;
  });
}

function explanationOf(rule: Detection, condition: Condition): Explained {
  const { id, language, isEnabled, info, tests } = rule;
  return {
    id,
    language,
    enabled: isEnabled,
    logTypes: info.logTypes,
    condition: condition.op === 'true' ? null : inWords(condition),
    tests: tests.map(({ name, expectedResult, log }) => {
      const isEvent = typeof log === 'object' && log !== null;
      return { name, expectedResult, isGiven: isEvent && holds(condition, log) };
    }),
  };
}

function text({ id, language, enabled, logTypes, condition, tests }: Explained, io: CommandIo): string {
  const given = tests.filter(({ isGiven }) => isGiven).length;
  const lines = [
    `${io.paint('bold', id)}  ${language}, ${enabled ? 'enabled' : 'not enabled'}, ${logTypes.join(', ') || 'no log type'}`,
    condition === null
      ? '  Every event is given to it: its code does not say, in a way that can be relied on, what an event must have.'
      : `  Given events with ${condition}`,
    ...(tests.length === 0 ? [] : [`  Of the events of its ${tests.length} tests ${given} are given to it.`]),
  ];
  return lines.join('\n');
}
