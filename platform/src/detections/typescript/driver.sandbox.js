// Runs inside a rule's own context. Takes the rule's module, gives a function from event JSON to answer JSON.
(function drive(rule) {
  const MAX_TEXT = 1000;
  const MAX_CONTEXT = 200 * 1024;
  const SUFFIX = '... (truncated)';
  const SEVERITIES = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'DEFAULT'];
  const { parse, stringify } = JSON;
  const { freeze, keys } = Object;

  function deepFreeze(value) {
    if (typeof value !== 'object' || value === null) return value;
    for (const key of keys(value)) deepFreeze(value[key]);
    return freeze(value);
  }

  function describe(error) {
    const isError = error instanceof Error;
    const type = isError ? String(error.name) : typeof error;
    const message = isError ? String(error.message) : String(error);
    const place = isError ? /file:\/\/\/([^\s()]+\.ts):(\d+):\d+/.exec(String(error.stack)) : null;
    const where = place ? `: ${place[1]}, line ${place[2]}` : '';
    return { type, title: `${type}: ${message}`.slice(0, MAX_TEXT), message: `${message}${where}`.slice(0, 4000) };
  }

  function wrongType(name, value, expected) {
    const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    return new TypeError(`function ${name} returned ${kind}, expected ${expected}`);
  }

  function text(name, value) {
    if (typeof value !== 'string') throw wrongType(name, value, 'a string');
    return value.length <= MAX_TEXT ? value : value.slice(0, MAX_TEXT - SUFFIX.length) + SUFFIX;
  }

  function severity(name, value) {
    const upper = text(name, value).toUpperCase();
    if (!SEVERITIES.includes(upper)) throw new RangeError(`severity "${value}" is not one of ${SEVERITIES.join(', ')}`);
    return upper;
  }

  function destinations(name, value) {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
      throw wrongType(name, value, 'a list of strings');
    }
    return value.length === 0 ? ['SKIP'] : value.slice(0, 10);
  }

  function context(name, value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name, value, 'an object');
    const json = stringify(value);
    if (json.length <= MAX_CONTEXT) return json;
    const reason = `alert_context size is [${json.length}] characters, bigger than maximum of [${MAX_CONTEXT}] characters`;
    return stringify({ _error: reason });
  }

  const FUNCTIONS = [
    ['title', text],
    ['description', text],
    ['reference', text],
    ['runbook', text],
    ['dedup', text],
    ['severity', severity],
    ['destinations', destinations],
    ['alert_context', context, 'alertContext'],
    ['unique', text],
  ];

  function outputs(event) {
    const found = {};
    const errors = {};
    for (const [name, check, otherName] of FUNCTIONS) {
      const call = rule[name] ?? (otherName === undefined ? undefined : rule[otherName]);
      if (typeof call !== 'function') continue;
      try {
        found[name] = check(name, call(event));
      } catch (error) {
        errors[name] = describe(error);
        if (name === 'alert_context') found[name] = stringify({ _error: String(error) });
      }
    }
    return { outputs: found, errors };
  }

  return function run(eventJson, isTest) {
    const event = deepFreeze(parse(eventJson));
    let matched;
    try {
      matched = rule.rule(event);
      if (typeof matched !== 'boolean') throw wrongType('rule', matched, 'a boolean');
    } catch (error) {
      return stringify({ error: describe(error) });
    }
    if (!matched && !isTest) return '';
    return stringify({ matched, ...outputs(event) });
  };
});
