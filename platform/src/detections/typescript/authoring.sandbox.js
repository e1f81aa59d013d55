// What rules import from `panther`. Runs inside a rule's own context, before the rule.
const { hasOwn } = Object;
const { isArray, from } = Array;
const { parse, stringify } = JSON;
const ask = globalThis.__panther_ask;
delete globalThis.__panther_ask;

const DAYS_90 = 90 * 24 * 60 * 60;
/** Below: seconds from now. From here on: seconds since the epoch. */
const FIRST_EPOCH = 1_000_000_000;

/** The value under these keys, one inside the other; undefined where one is missing or no object. */
export function deepGet(event, ...keys) {
  let value = event;
  for (const key of keys) {
    const isMap = typeof value === 'object' && value !== null && !isArray(value);
    value = isMap && hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function call(op, key, rest) {
  if (typeof key !== 'string') throw new TypeError(`key must be a string, not ${typeof key}`);
  const answer = parse(ask(stringify({ op, key, ...rest })));
  if (answer.error !== undefined) throw new RangeError(answer.error);
  return answer.value;
}

function expiry(seconds) {
  const whole = Math.trunc(Number(seconds));
  if (!(whole > 0)) return 0;
  return whole >= FIRST_EPOCH ? whole : Math.floor(Date.now() / 1000) + whole;
}

function expiryOrNull(seconds) {
  return seconds === null ? null : expiry(seconds);
}

function strings(values) {
  const list = typeof values === 'string' ? [values] : from(values);
  for (const value of list) {
    if (typeof value !== 'string') throw new TypeError(`a string set holds strings, not ${typeof value}`);
  }
  return list;
}

/** The row of a lookup table; undefined where there is no such table, or no such row. */
export function lookup(table, key) {
  if (typeof table !== 'string') throw new TypeError(`table must be a string, not ${typeof table}`);
  if (key === undefined || key === null || key === '') return undefined;
  const row = call('lookup', String(key), { table });
  return row === null ? undefined : parse(row);
}

/** Counter; 0 if there is none. */
export function getCounter(key, { checkExpiration = false } = {}) {
  return call('get-count', key, { force: Boolean(checkExpiration) });
}

/** Adds to a counter; its new value. `expires`: seconds from now or since the epoch; null: as it is. */
export function incrementCounter(key, by = 1, expires = DAYS_90) {
  return call('increment', key, { by, expiresAt: expiryOrNull(expires) });
}

export function resetCounter(key) {
  call('reset-count', key, {});
}

/** When the key's values end: seconds from now or since the epoch; 0: never. */
export function setKeyExpiration(key, expires) {
  call('expire', key, { expiresAt: expiry(expires) });
}

export function getStringSet(key, { checkExpiration = false } = {}) {
  return new Set(call('get-strings', key, { force: Boolean(checkExpiration) }));
}

/** Replaces the set; an empty one is removed. */
export function putStringSet(key, values, expires = DAYS_90) {
  call('put-strings', key, { values: strings(values), expiresAt: expiry(expires) });
}

/** Adds a string or several; the new set. */
export function addToStringSet(key, values, expires = DAYS_90) {
  return new Set(call('add-strings', key, { values: strings(values), expiresAt: expiryOrNull(expires) }));
}

/** Removes a string or several; the new set. */
export function removeFromStringSet(key, values, expires = DAYS_90) {
  return new Set(call('remove-strings', key, { values: strings(values), expiresAt: expiryOrNull(expires) }));
}

export function resetStringSet(key) {
  call('put-strings', key, { values: [], expiresAt: null });
}

/** Dictionary; empty if there is none. */
export function getDictionary(key, { checkExpiration = false } = {}) {
  return parse(call('get-dictionary', key, { force: Boolean(checkExpiration) }) ?? '{}');
}

export function putDictionary(key, value, expires = DAYS_90) {
  if (typeof value !== 'object' || value === null || isArray(value)) throw new TypeError('a dictionary is an object');
  call('put-dictionary', key, { json: stringify(value), expiresAt: expiry(expires) });
}

/** Counts the event; true when there are as many as the threshold, and then from the start again. */
export function evaluateThreshold(key, threshold = 10, expirySeconds = 3600) {
  const count = incrementCounter(key, 1, null);
  if (count === 1) setKeyExpiration(key, expirySeconds);
  if (count < threshold) return false;
  resetCounter(key);
  return true;
}

/** Whether a non-empty string set that has not expired is under the key. */
export function checkAccountAge(key) {
  return typeof key === 'string' && key !== '' && call('has-strings', key, {});
}
