/** Results of unit tests in the XML of JUnit, which CI systems read. */
import type { TestResult } from '../detections/run-tests.ts';

export interface JunitCase extends Pick<TestResult, 'id' | 'test' | 'error' | 'durationMs'> {
  readonly file: string;
  readonly line: number;
  /** Why it was not run. */
  readonly skipped?: string;
  /** What it printed. */
  readonly output?: string;
}

/** A suite for each detection. */
export function toJunit(cases: readonly JunitCase[]): string {
  const suites = Map.groupBy(cases, ({ id }) => id);
  const parts = [...suites].map(
    ([id, own]) => `<testsuite name=${quoted(id)}${counts(own)}>\n${own.map(toCase).join('')}</testsuite>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="panther test"${counts(cases)}>\n${parts.join('')}</testsuites>\n`;
}

function counts(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ error }) => error !== null).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
  return ` tests="${cases.length}" failures="${failures}" skipped="${skipped}" time="${time}"`;
}

function toCase({ id, test, file, line, error, skipped, durationMs, output = '' }: JunitCase): string {
  const start = `<testcase classname=${quoted(id)} name=${quoted(test)} file=${quoted(file)} line="${line}" time="${seconds(durationMs)}"`;
  if (skipped !== undefined) return `${start}><skipped message=${quoted(skipped)}/></testcase>\n`;
  const printed = output === '' ? '' : `<system-out>${escaped(output)}</system-out>`;
  if (error === null) return printed === '' ? `${start}/>\n` : `${start}>${printed}</testcase>\n`;
  const failure = `<failure message=${quoted(error)}>${escaped(`${file}:${line}: ${error}`)}</failure>`;
  return `${start}>${failure}${printed}</testcase>\n`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('\n', '&#10;')}"`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Without the characters that XML cannot hold. */
function escaped(text: string): string {
  return text
    .replace(/\p{Cc}|[\ufffe\uffff]/gu, (one) => (/[\t\n\r]/.test(one) ? one : ''))
    .replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
}
