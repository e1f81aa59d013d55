/**
 * Finds many texts in one pass over another (Aho-Corasick). The table is complete: one step for each character, whatever
 * the number of texts. Characters that no text has share a column.
 */

/** Values by the texts that were found. */
export interface Automaton {
  /** Calls `found` for each text that is somewhere in `text`, each at least once. */
  scan(text: string, found: (value: number) => void): void;
}

interface Trie {
  /** `next[state + column]`; states are multiples of `width`. The last column is the outputs' index. */
  readonly next: Int32Array;
  readonly columns: Uint16Array;
  readonly width: number;
  readonly states: number;
  /** Values by `next[state + width - 1]`; the first is empty. */
  readonly outputs: number[][];
}

export type Entry = readonly [text: string, value: number];

/** @param entries Texts that are not empty, with what stands for them. */
export function createAutomaton(entries: readonly Entry[]): Automaton {
  const trie = buildTrie(entries);
  addFailures(trie);
  const { next, columns, width, outputs } = trie;
  const last = width - 1;
  return {
    scan(text, found) {
      const { length } = text;
      let state = 0;
      for (let index = 0; index < length; index += 1) {
        const code = text.charCodeAt(index);
        // Characters beyond the last of all texts share the column of those that no text has.
        state = next[state + (code < columns.length ? (columns[code] as number) : 0)] as number;
        const output = next[state + last] as number;
        if (output === 0) continue;
        const values = outputs[output] as number[];
        for (let at = 0; at < values.length; at += 1) found(values[at] as number);
      }
    },
  };
}

/** Finds those of many texts with which another begins, or ends. */
export function createEdgeFinder(entries: readonly Entry[], edge: 'start' | 'end'): Automaton {
  const turned = edge === 'start' ? entries : entries.map(([text, value]) => [reverse(text), value] as const);
  const { next, columns, width, outputs } = buildTrie(turned);
  const last = width - 1;
  return {
    scan(text, found) {
      const { length } = text;
      let state = 0;
      for (let step = 0; step < length; step += 1) {
        const index = edge === 'start' ? step : length - 1 - step;
        const code = text.charCodeAt(index);
        // Characters beyond the last of all texts share the column of those that no text has.
        state = next[state + (code < columns.length ? (columns[code] as number) : 0)] as number;
        if (state === 0) return;
        const output = next[state + last] as number;
        if (output === 0) continue;
        const values = outputs[output] as number[];
        for (let at = 0; at < values.length; at += 1) found(values[at] as number);
      }
    },
  };
}

/** By code units, as the finder reads. */
function reverse(text: string): string {
  return text.split('').reverse().join('');
}

function buildTrie(entries: readonly Entry[]): Trie {
  const columns = new Uint16Array(highestCode(entries) + 1);
  let width = 1;
  let length = 0;
  for (const [text] of entries) {
    length += text.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (columns[code] === 0) columns[code] = width++;
    }
  }
  width += 1;
  const next = new Int32Array((length + 1) * width);
  const outputs: number[][] = [[]];
  let states = 1;
  for (const [text, value] of entries) {
    let state = 0;
    for (let index = 0; index < text.length; index += 1) {
      const place = state + (columns[text.charCodeAt(index)] as number);
      if (next[place] === 0) next[place] = states++ * width;
      state = next[place] as number;
    }
    const output = state + width - 1;
    if (next[output] === 0) next[output] = outputs.push([]) - 1;
    (outputs[next[output] as number] as number[]).push(value);
  }
  return { next: next.slice(0, states * width), columns, width, states, outputs };
}

function highestCode(entries: readonly Entry[]): number {
  let highest = 0;
  for (const [text] of entries) {
    for (let index = 0; index < text.length; index += 1) highest = Math.max(highest, text.charCodeAt(index));
  }
  return highest;
}

/** Completes the table: where a text cannot go on, the longest end of what was read that can. */
function addFailures({ next, width, states, outputs }: Trie): void {
  const failures = new Int32Array(states);
  const queue = new Int32Array(states);
  const last = width - 1;
  let tail = 0;
  for (let column = 1; column < last; column += 1) if (next[column] !== 0) queue[tail++] = next[column] as number;
  for (let head = 0; head < tail; head += 1) {
    const state = queue[head] as number;
    const failure = failures[state / width] as number;
    next[state + last] = joined(next[state + last] as number, next[failure + last] as number, outputs);
    for (let column = 0; column < last; column += 1) {
      const place = state + column;
      const onwards = next[failure + column] as number;
      if (next[place] === 0) next[place] = onwards;
      else {
        failures[(next[place] as number) / width] = onwards;
        queue[tail++] = next[place] as number;
      }
    }
  }
}

function joined(own: number, inherited: number, outputs: number[][]): number {
  if (inherited === 0 || own === 0) return own === 0 ? inherited : own;
  (outputs[own] as number[]).push(...(outputs[inherited] as number[]));
  return own;
}
