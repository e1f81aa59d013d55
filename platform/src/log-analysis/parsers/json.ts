/** JSON objects. A record is parsed once, whatever the number of log types that are tried on it. */
import type { Fields } from './parser.ts';

/** The object, or one phrase that says why the text is none. */
export function parseJsonObject(text: string): Fields | string {
  if (text.charCodeAt(0) !== 123) return 'not a JSON object';
  try {
    return JSON.parse(text) as Fields;
  } catch (error) {
    return `not valid JSON${place(error)}`;
  }
}

/** Where it broke; the engine's own message would quote the record. */
function place(error: unknown): string {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  return position === undefined ? '' : ` (at character ${Number(position) + 1})`;
}
