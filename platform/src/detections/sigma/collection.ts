/** Sigma documents of many files together: rules get the filters that are for them, correlations find their rules. */
import { type LoadedCorrelation, resolveCorrelations } from './correlation/resolve.ts';
import { toCorrelationSpecification } from './correlation/specification.ts';
import { applyFilters, isFor } from './filters.ts';
import { parseDocument } from './parse.ts';
import { applyPipelines, type Processed } from './pipeline/apply.ts';
import { builtinPipelines } from './pipeline/builtin.ts';
import { isPipeline, type Pipeline, parsePipeline } from './pipeline/schema.ts';
import {
  type LogSource,
  type SigmaCorrelation,
  type SigmaDocument,
  SigmaError,
  type SigmaFilter,
  type SigmaRule,
} from './rule.ts';
import { checkRule } from './run.ts';
import { toSpecification } from './specification.ts';
import { applyActions, isFields, readYaml, type YamlDocument } from './yaml.ts';

export interface SigmaFile {
  /** For messages. */
  readonly path: string;
  readonly text: string;
}

export interface SigmaProblem {
  readonly level: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** A rule as a detection's specification. */
export interface LoadedRule {
  readonly spec: Readonly<Record<string, unknown>>;
  /** As it was written. */
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

export interface SigmaCollection {
  readonly rules: readonly LoadedRule[];
  readonly correlations: readonly LoadedCorrelation[];
  /** Those that can run on a schedule. */
  readonly scheduled: readonly LoadedRule[];
  /** Documents that were read, also those that are not valid. */
  readonly documents: number;
  readonly problems: readonly SigmaProblem[];
}

/** Cheap: whether it is worth to read the file as YAML. */
export function mayHaveSigma(text: string): boolean {
  return /^["']?(?:detection|correlation|filter|transformations|vars|action)["']?\s*:/m.test(text);
}

interface Found<T> {
  readonly value: T;
  readonly file: string;
  readonly text: string;
}

/** One bad document never fails the rest: it is a problem, with file and line. */
export function loadSigma(files: readonly SigmaFile[]): SigmaCollection {
  const problems: SigmaProblem[] = [];
  const pipelines: Pipeline[] = [];
  const found: Found<SigmaDocument>[] = [];
  let documents = 0;
  for (const file of files) {
    attempt(file.path, problems, () => {
      for (const [index, document] of applyActions(readYaml(file.text)).entries()) {
        attempt(file.path, problems, () => {
          if (isPipeline(document.data)) pipelines.push(parsePipeline(document));
          else if (isSigma(document.data)) {
            documents += 1;
            const value = ownId(parseDocument(document, fallbackId(file.path, index)), file.path, found);
            found.push({ value, file: file.path, text: textOf(document, file.text) });
          }
        });
      }
    });
  }
  const rules = ofKind(found, 'rule');
  const filters = ofKind(found, 'filter');
  const correlations = ofKind(found, 'correlation');
  const processed = processRules(rules, filters, [...pipelines, ...builtinPipelines()], problems);
  const resolved = resolveCorrelations(correlations, processed, problems);
  const parts = partsOf(correlations.map(({ value }) => value));
  problems.push(...idleFilters(filters, rules), ...unmapped(processed));
  const loaded = processed.map(({ value, file, text }) => {
    const isPart = parts.has(value.rule.id) || parts.has(value.rule.name ?? '');
    return { spec: toSpecification(value, isPart), text, file, line: value.rule.line };
  });
  const { scheduled, problems: unscheduled } = schedulable(resolved);
  problems.push(...unscheduled);
  return { rules: loaded, correlations: resolved, scheduled, documents, problems };
}

function attempt(file: string, problems: SigmaProblem[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SigmaError)) throw error;
    problems.push({ level: 'error', file, line: error.line, field: error.field, message: error.message });
  }
}

/** Repositories have other YAML beside their rules. */
function isSigma(data: Readonly<Record<string, unknown>>): boolean {
  if ('AnalysisType' in data) return false;
  if ('correlation' in data) return 'title' in data || isFields(data.correlation);
  return ('detection' in data || 'filter' in data) && ('logsource' in data || 'title' in data);
}

/** The same as long as the file has its name and the document its place. */
function fallbackId(path: string, index: number): string {
  const stem = path.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, '');
  const plain = stem.replaceAll(/[<>&"%\s]+/g, '_');
  return index === 0 ? `Sigma.${plain}` : `Sigma.${plain}.${index + 1}`;
}

/** Documents that have the id of the part in common: the first keeps it. */
function ownId<T extends SigmaDocument>(value: T, file: string, found: readonly Found<SigmaDocument>[]): T {
  const own = found.slice(found.findLastIndex((one) => one.file !== file) + 1);
  const twins = own.filter((one) => one.value.id === value.id || one.value.id.startsWith(`${value.id}.`)).length;
  return twins === 0 ? value : { ...value, id: `${value.id}.${twins + 1}` };
}

/** A document that has parts of others is shown with them. */
function textOf(document: YamlDocument, whole: string): string {
  return /^action\s*:/m.test(whole) ? whole : document.text;
}

function ofKind<K extends SigmaDocument['kind']>(found: readonly Found<SigmaDocument>[], kind: K) {
  return found.filter(({ value }) => value.kind === kind) as unknown as readonly Found<
    Extract<SigmaDocument, { kind: K }>
  >[];
}

function processRules(
  rules: readonly Found<SigmaRule>[],
  filters: readonly Found<SigmaFilter>[],
  pipelines: readonly Pipeline[],
  problems: SigmaProblem[],
): readonly Found<Processed>[] {
  const wanted = filters.map(({ value }) => value);
  const processed: Found<Processed>[] = [];
  for (const { value, file, text } of rules) {
    attempt(file, problems, () => {
      const done = applyPipelines(applyFilters(value, wanted), pipelines);
      checkRule(done.rule);
      processed.push({ value: done, file, text });
    });
  }
  return processed;
}

/** Ids and names of rules that correlations stand for. */
function partsOf(correlations: readonly SigmaCorrelation[]): ReadonlySet<string> {
  return new Set(correlations.flatMap(({ rules, generate }) => (generate ? [] : rules)));
}

function schedulable(resolved: readonly LoadedCorrelation[]) {
  const scheduled: LoadedRule[] = [];
  const problems: SigmaProblem[] = [];
  for (const one of resolved) {
    const { file, text, meta } = one;
    const spec = toCorrelationSpecification(one, resolved);
    if (spec !== undefined) scheduled.push({ spec, text, file, line: meta.line });
    else {
      const message =
        'a correlation in it is only known when its time is over: panther detect evaluates it, a running Panther does not';
      problems.push({ level: 'warning', file, line: meta.line, field: 'correlation', message });
    }
  }
  return { scheduled, problems };
}

function idleFilters(
  filters: readonly Found<SigmaFilter>[],
  rules: readonly Found<SigmaRule>[],
): readonly SigmaProblem[] {
  const idle = filters.filter(({ value }) => !rules.some((rule) => isFor(value, rule.value)));
  return idle.map(({ value: { line, title }, file }) => ({
    level: 'warning',
    file,
    line,
    field: 'filter',
    message: `the filter "${title}" is for none of the rules: compare its rules and its log source with theirs`,
  }));
}

/** One remark for each log source that no pipeline knows. */
function unmapped(processed: readonly Found<Processed>[]): readonly SigmaProblem[] {
  const lost = processed.filter(({ value }) => value.logTypes.length === 0);
  const bySource = Map.groupBy(lost, ({ value }) => shownSource(value.rule.logSource));
  return [...bySource].map(([source, of]) => {
    const [first] = of;
    return {
      level: 'warning',
      file: first?.file ?? '',
      line: first?.value.rule.line ?? 1,
      field: 'logsource',
      message:
        `no log type here matches the log source ${source} (${of.length} ${of.length === 1 ? 'rule' : 'rules'}): ` +
        'name its log types in a pipeline (set_log_types), or run it with --log-type',
    };
  });
}

function shownSource(source: LogSource): string {
  return Object.entries(source)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}
