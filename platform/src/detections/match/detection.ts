/** Detections without code: what the specification says of matching and of the alert, as functions. */
import type { Outputs } from '../runner.ts';
import { compileExpression, type Predicate } from './compile.ts';
import type { Expression, Path } from './expression.ts';
import { keyPath, parseExpressions, specifierPath } from './parse.ts';
import { valueAt } from './values.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a YAML detection says. Of a specification that is valid. */
export interface MatchDetection {
  readonly expression: Expression;
  matches: Predicate;
  /** What the alert functions of a detection with code would return. */
  outputs(event: unknown): Outputs;
}

export function compileMatchDetection(spec: Fields): MatchDetection {
  const { expression } = parseExpressions(spec.Detection, ['Detection']);
  const parts = [severityOf(spec), titleOf(spec), dedupOf(spec), contextOf(spec)];
  return {
    expression,
    matches: compileExpression(expression),
    outputs: (event) => Object.assign({}, ...parts.map((part) => part(event))) as Outputs,
  };
}

/** The predicate of `InlineFilters`; undefined when they let everything through. */
export function compileFilters(spec: Fields): Predicate | undefined {
  if (spec.InlineFilters === undefined || spec.InlineFilters === null) return undefined;
  const { expression } = parseExpressions(spec.InlineFilters, ['InlineFilters']);
  return restricts(expression) ? compileExpression(expression) : undefined;
}

function restricts(expression: Expression): boolean {
  if (expression.kind !== 'combine' || expression.how === 'None' || expression.how === 'OnlyOne') return true;
  return expression.of.some(restricts);
}

type Output = (event: unknown) => Outputs;

/** The first whose conditions hold. */
function severityOf(spec: Fields): Output {
  const choices = ((spec.DynamicSeverities ?? []) as readonly Fields[]).map(({ ChangeTo, Conditions }) => ({
    severity: String(ChangeTo).toUpperCase(),
    holds: compileExpression(parseExpressions(Conditions, []).expression),
  }));
  return (event) => {
    const found = choices.find(({ holds }) => holds(event));
    return found === undefined ? {} : { severity: found.severity };
  };
}

/** `{field}` and `{a.b[0]}` stand for the event's values. */
function titleOf({ AlertTitle: template }: Fields): Output {
  if (typeof template !== 'string' || template === '') return () => ({});
  return (event) => {
    const title = template.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => {
      const path = keyPath(name.trim());
      return path === undefined ? whole : text(valueAt(event, path));
    });
    return { title: shorten(title) };
  };
}

function dedupOf({ GroupBy: given }: Fields): Output {
  const paths = pathsOf(given as readonly unknown[] | null | undefined);
  if (paths.length === 0) return () => ({});
  return (event) => ({ dedup: shorten(paths.map((path) => text(valueAt(event, path))).join(':')) });
}

function pathsOf(given: readonly unknown[] | null | undefined): readonly Path[] {
  return (given ?? []).flatMap((one) => {
    const path = specifierPath(one);
    return path === undefined ? [] : [path];
  });
}

const MAX_CONTEXT = 200 * 1024;

function contextOf({ AlertContext: given }: Fields): Output {
  const entries = ((given ?? []) as readonly Fields[]).map(({ KeyName, KeyValue }) => ({
    name: String(KeyName),
    path: specifierPath(KeyValue) ?? [],
  }));
  if (entries.length === 0) return () => ({});
  return (event) => {
    const context = Object.fromEntries(entries.map(({ name, path }) => [name, valueAt(event, path) ?? null]));
    const json = JSON.stringify(context, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    if (json.length <= MAX_CONTEXT) return { alert_context: json };
    const reason = `alert_context size is [${json.length}] characters, bigger than maximum of [${MAX_CONTEXT}] characters`;
    return { alert_context: JSON.stringify({ _error: reason }) };
  };
}

/** As Python writes it into a title. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const MAX_TEXT = 1_000;
const SUFFIX = '... (truncated)';

function shorten(long: string): string {
  return long.length <= MAX_TEXT ? long : long.slice(0, MAX_TEXT - SUFFIX.length) + SUFFIX;
}
