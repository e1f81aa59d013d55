// What `console` is in a unit test. Runs inside a rule's own context, before the rule.
(() => {
  const MAX_TEXT = 20_000;
  const { stringify } = JSON;
  const { from, isArray } = Array;
  const { freeze, fromEntries } = Object;
  const print = globalThis.__panther_print;
  delete globalThis.__panther_print;
  let isOpen = true;

  /** What JSON does not have. */
  function inJson(_key, value) {
    if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Set) return from(value);
    if (value instanceof Map) return fromEntries(from(value, ([key, one]) => [String(key), one]));
    return value;
  }

  function shown(value) {
    if (typeof value !== 'object' || value === null) return String(value);
    if (value instanceof Error) return inJson('', value);
    try {
      return stringify(value, inJson) ?? String(value);
    } catch {
      return isArray(value) ? '[Array]' : '[Object]';
    }
  }

  function log(...values) {
    if (!isOpen) return;
    const text = `${from(values, shown).join(' ')}\n`;
    isOpen = print(text.slice(0, MAX_TEXT)) === true;
  }

  globalThis.console = freeze({ log, info: log, warn: log, error: log, debug: log });
})();
