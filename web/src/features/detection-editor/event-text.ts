/** Events as text in the editor: how they are shown, taken from alerts, and added to a specification as tests. */
import { typeIn } from './draft.ts';

export type LogEvent = Readonly<Record<string, unknown>>;

/** What the lake adds to an event that matched: detections are not given it. */
const OF_MATCHES = /^p_(alert|rule)_/;

export function eventText(event: LogEvent): string {
  const own = Object.entries(event).filter(([name]) => !OF_MATCHES.test(name));
  return JSON.stringify(Object.fromEntries(own), null, 2);
}

/** Why a text is no event; undefined when it is one. */
export function problemOfEvent(text: string): string | undefined {
  try {
    const event: unknown = JSON.parse(text);
    const isEvent = typeof event === 'object' && event !== null && !Array.isArray(event);
    return isEvent ? undefined : 'An event is one JSON object, in braces.';
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export interface NewTest {
  readonly name: string;
  readonly matches: boolean;
  /** JSON of an object. */
  readonly event: string;
}

/**
 * The specification with one more test at the end of its `Tests`; every other character stays. Undefined where the tests
 * are not written as a list with dashes.
 */
export function withTest(yaml: string, test: NewTest): string | undefined {
  const lines = yaml.replace(/\n*$/, '\n').split('\n').slice(0, -1);
  const start = lines.findIndex((line) => /^Tests\s*:/.test(line));
  if (start < 0) return [...lines, 'Tests:', ...testLines(yaml, test, '  '), ''].join('\n');
  const head = lines[start] ?? '';
  const isEmpty = /^Tests\s*:\s*(\[\s*\]|~|null)\s*(#.*)?$/.test(head);
  if (!isEmpty && !/^Tests\s*:\s*(#.*)?$/.test(head)) return undefined;
  const end = endOfBlock(lines, start);
  const dash = lines.slice(start + 1, end).find((line) => /^\s*-(\s|$)/.test(line));
  const indent = dash === undefined ? '  ' : (/^\s*/.exec(dash)?.[0] ?? '');
  const opened = isEmpty ? ['Tests:'] : [head];
  const block = [...opened, ...lines.slice(start + 1, end), ...testLines(yaml, test, indent)];
  return [...lines.slice(0, start), ...block, ...lines.slice(end), ''].join('\n');
}

/** Index behind the last line that belongs to the key; blank lines and comments at the left margin do not. */
function endOfBlock(lines: readonly string[], start: number): number {
  const next = lines.findIndex((line, index) => index > start && /^[^\s#-]/.test(line));
  let end = next < 0 ? lines.length : next;
  while (end > start + 1 && /^(\s*|#.*)$/.test(lines[end - 1] ?? '')) end -= 1;
  return end;
}

function testLines(yaml: string, { name, matches, event }: NewTest, indent: string): readonly string[] {
  const isPolicy = typeIn(yaml) === 'policy';
  const inner = `${indent}  `;
  const json = prettyJson(event).split('\n');
  return [
    `${indent}- Name: ${JSON.stringify(name)}`,
    // A policy says whether the resource is as it should be.
    `${inner}ExpectedResult: ${isPolicy ? !matches : matches}`,
    `${inner}${isPolicy ? 'Resource' : 'Log'}:`,
    ...json.map((line) => `${inner}  ${line}`),
  ];
}

/** Integers that JavaScript cannot hold, and `1.0`, would change on the way through it: then as it was written. */
function prettyJson(text: string): string {
  const hasOddNumbers = /[:[,]\s*-?(\d{16,}|\d+\.\d*0\b|\d+(\.\d+)?[eE])/.test(text);
  return hasOddNumbers ? text.trim().replaceAll('\t', '  ') : JSON.stringify(JSON.parse(text), null, 2);
}

/** A name that no test of the specification has. */
export function newTestName(taken: readonly string[], wanted: string): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!taken.includes(`${wanted} ${number}`)) return `${wanted} ${number}`;
}
