/** Where in a query an error is. */

export interface Problem {
  readonly message: string;
  /** Offsets in the query. */
  readonly from: number;
  readonly to: number;
}

/** Finds the place that an error names: as `line 2, column 5`, as `LINE 2: …` over a caret, or by a quoted name. */
export function problemOf(message: string, sql: string): Problem | undefined {
  const from = namedPlace(message, sql) ?? caretPlace(message, sql) ?? quotedPlace(message, sql);
  if (from === undefined || from < 0 || from >= sql.length) return undefined;
  const word = /^[\w.]+/.exec(sql.slice(from))?.[0] ?? '';
  return { message, from, to: from + Math.max(1, word.length) };
}

function namedPlace(message: string, sql: string): number | undefined {
  const match = /line (\d+),? ?(?:column|col|position|:) ?(\d+)/i.exec(message);
  return match === null ? undefined : offsetOf(sql, Number(match[1]), Number(match[2]));
}

/** DuckDB repeats the line, cut on both sides, and puts a caret below the place. */
function caretPlace(message: string, sql: string): number | undefined {
  const match = /LINE (\d+): (.*)\n(\s*)\^/.exec(message);
  if (match === null) return undefined;
  const [, line = '1', shown = '', blanks = ''] = match;
  const text = sql.split('\n')[Number(line) - 1] ?? '';
  const cut = shown.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
  const caret = blanks.length - `LINE ${line}: `.length - (shown.startsWith('...') ? 3 : 0);
  const start = text.indexOf(cut);
  return start < 0 ? undefined : offsetOf(sql, Number(line), start + caret + 1);
}

function quotedPlace(message: string, sql: string): number | undefined {
  const name = /["'`]([\w.]+)["'`]/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const at = sql.toLowerCase().indexOf(name.toLowerCase());
  return at < 0 ? undefined : at;
}

/** Both from 1. */
function offsetOf(sql: string, line: number, column: number): number {
  const before = sql.split('\n').slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}
