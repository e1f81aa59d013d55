/** Detections that are one TypeScript file: constants instead of the YAML specification. */
import type { Node } from 'acorn';
import { type ModuleConstants, NotConstant, readConstants } from './constants.ts';

export interface SingleFile {
  /** In the words of the format. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly issues: readonly { readonly line: number; readonly message: string }[];
  lineOf(path: readonly PropertyKey[]): number;
}

/** Exported constants to the keys of the format. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['enabled', 'Enabled'],
  ['displayName', 'DisplayName'],
  ['description', 'Description'],
  ['reference', 'Reference'],
  ['runbook', 'Runbook'],
  ['severity', 'Severity'],
  ['defaultSeverity', 'Severity'],
  ['defaultDescription', 'Description'],
  ['defaultReference', 'Reference'],
  ['defaultRunbook', 'Runbook'],
  ['status', 'Status'],
  ['logTypes', 'LogTypes'],
  ['scheduledQueries', 'ScheduledQueries'],
  ['resourceTypes', 'ResourceTypes'],
  ['suppressions', 'Suppressions'],
  ['tags', 'Tags'],
  ['reports', 'Reports'],
  ['dedupPeriodMinutes', 'DedupPeriodMinutes'],
  ['threshold', 'Threshold'],
  ['createAlert', 'CreateAlert'],
  ['outputIds', 'OutputIds'],
  ['summaryAttributes', 'SummaryAttributes'],
  ['inlineFilters', 'InlineFilters'],
]);

/** Undefined for a file that is no detection: it exports no `id` beside its `rule` or `policy`. */
export function readSingleFile(source: string, fileName: string): SingleFile | undefined {
  if (!/\bexport\b[\s\S]*\bid\b/.test(source)) return undefined;
  const module = constantsOf(source);
  if (module === undefined || !module.exports.has('id')) return undefined;
  const isPolicy = module.exports.has('policy');
  if (!isPolicy && !module.exports.has('rule')) return undefined;
  const issues: { line: number; message: string }[] = [];
  const nodes = new Map<string, Node>();

  function read(name: string, node: Node): unknown {
    try {
      return module?.evaluate(node);
    } catch (error) {
      if (!(error instanceof NotConstant)) throw error;
      issues.push({ line: module?.lineOf(error.node) ?? 1, message: `${name} ${error.message}` });
      return undefined;
    }
  }

  const type = isPolicy ? 'policy' : module.exports.has('scheduledQueries') ? 'scheduled_rule' : 'rule';
  const spec: Record<string, unknown> = { AnalysisType: type, Filename: fileName, Enabled: true };
  const idKey = isPolicy ? 'PolicyID' : 'RuleID';
  for (const [name, node] of module.exports) {
    const key = name === 'id' ? idKey : name === 'tests' ? 'Tests' : KEYS.get(name);
    if (key === undefined || isFunction(node)) continue;
    nodes.set(key, node);
    const value = read(name, node);
    spec[key] = key === 'Tests' ? toTests(value, isPolicy) : value;
  }
  return { spec, issues, lineOf };

  function lineOf([key, ...rest]: readonly PropertyKey[]): number {
    let node = nodes.get(String(key));
    for (const step of rest) {
      const part = node && module?.partOf(node, typeof step === 'string' ? camel(step) : step);
      if (part === undefined) break;
      node = part;
    }
    return node === undefined ? 1 : (module?.lineOf(node) ?? 1);
  }
}

/** Undefined when it does not parse: then its errors are told when it runs. */
function constantsOf(source: string): ModuleConstants | undefined {
  try {
    return readConstants(source);
  } catch {
    return undefined;
  }
}

function isFunction(node: Node): boolean {
  return /Function/.test(node.type);
}

/** `{ name, expectedResult, log, mocks: { name: value } }` to the format's. */
function toTests(value: unknown, isPolicy: boolean): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((test: unknown) => {
    if (typeof test !== 'object' || test === null) return test;
    const { name, expectedResult, log, event, resource, mocks, ...others } = test as Record<string, unknown>;
    const subject = log ?? event ?? resource;
    return {
      Name: name,
      ExpectedResult: expectedResult,
      ...(subject === undefined ? {} : { [isPolicy ? 'Resource' : 'Log']: subject }),
      ...(mocks === undefined ? {} : { Mocks: toMocks(mocks) }),
      ...others,
    };
  });
}

function toMocks(mocks: unknown): unknown {
  if (typeof mocks !== 'object' || mocks === null || Array.isArray(mocks)) return mocks;
  return Object.entries(mocks).map(([objectName, returnValue]) => ({ objectName, returnValue }));
}

function camel(key: string): string {
  return key.charAt(0).toLowerCase() + key.slice(1);
}
