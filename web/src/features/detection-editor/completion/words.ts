// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how CodeMirror's snippets name their fields
/** What detections can use besides the event: their functions, the event's methods, helpers. */
import { type Completion, snippetCompletion } from '@codemirror/autocomplete';

function helper(label: string, from: string, detail: string): Completion {
  return { label, type: 'function', detail, info: `from ${from}` };
}

function pythonFunction(name: string, body: string, info: string): Completion {
  return snippetCompletion(`def ${name}(event):\n    return ${body}`, {
    label: `def ${name}`,
    type: 'keyword',
    detail: 'of a detection',
    info,
  });
}

function typescriptFunction(name: string, type: string, body: string, info: string): Completion {
  return snippetCompletion(`export function ${name}(event: Event): ${type} {\n  return ${body};\n}`, {
    label: `export function ${name}`,
    type: 'keyword',
    detail: 'of a detection',
    info,
  });
}

const FUNCTIONS = [
  ['rule', 'boolean', 'True: the event matches.'],
  ['title', 'string', 'Title of the alert.'],
  ['dedup', 'string', 'Matches with the same text become one alert.'],
  ['severity', 'string', 'INFO, LOW, MEDIUM, HIGH, CRITICAL or DEFAULT.'],
  ['description', 'string', 'Description of the alert.'],
  ['reference', 'string', 'Reference of the alert.'],
  ['runbook', 'string', 'What to do about the alert.'],
  ['destinations', 'string[]', 'Where the alert goes, in place of what severity decides.'],
  ['alert_context', 'Record<string, unknown>', 'More about the match, shown with the alert.'],
  ['unique', 'string', 'The threshold counts distinct values of it.'],
] as const;

const PYTHON_BODIES: Readonly<Record<string, string>> = {
  boolean: 'event.get("${field}") == "${value}"',
  string: 'f"${text}"',
  'string[]': '["${destination}"]',
  'Record<string, unknown>': '{"${key}": event.get("${field}")}',
};
const TYPESCRIPT_BODIES: Readonly<Record<string, string>> = {
  boolean: "event.${field} === '${value}'",
  string: '`${text}`',
  'string[]': "['${destination}']",
  'Record<string, unknown>': '{ ${key}: event.${field} }',
};

export const PYTHON_FUNCTIONS: readonly Completion[] = FUNCTIONS.map(([name, type, info]) =>
  pythonFunction(name, PYTHON_BODIES[type] ?? '', info),
);
export const TYPESCRIPT_FUNCTIONS: readonly Completion[] = FUNCTIONS.map(([name, type, info]) =>
  typescriptFunction(name, type, TYPESCRIPT_BODIES[type] ?? '', info),
);

export const PYTHON_METHODS: readonly Completion[] = [
  snippetCompletion('get("${field}")', { label: 'get', type: 'method', detail: '(key, default=None)' }),
  snippetCompletion('deep_get("${field}")', { label: 'deep_get', type: 'method', detail: '(*keys, default=None)' }),
  snippetCompletion('deep_walk("${field}")', { label: 'deep_walk', type: 'method', detail: '(*keys), through lists' }),
  snippetCompletion('udm("${name}")', { label: 'udm', type: 'method', detail: 'by the data model' }),
  snippetCompletion('lookup("${table}", ${key})', { label: 'lookup', type: 'method', detail: '(table, key)' }),
  { label: 'udm_path', type: 'method', detail: '(name)' },
  { label: 'event_time_epoch', type: 'method', detail: '()' },
  { label: 'to_dict', type: 'method', detail: '()' },
  { label: 'items', type: 'method', detail: '()' },
  { label: 'keys', type: 'method', detail: '()' },
];

const STATE_HELPERS = [
  ['get_counter', '(key)'],
  ['increment_counter', '(key, val=1)'],
  ['reset_counter', '(key)'],
  ['set_key_expiration', '(key, epoch_seconds)'],
  ['get_string_set', '(key)'],
  ['put_string_set', '(key, values)'],
  ['add_to_string_set', '(key, values)'],
  ['remove_from_string_set', '(key, values)'],
  ['reset_string_set', '(key)'],
  ['get_dictionary', '(key)'],
  ['put_dictionary', '(key, value)'],
  ['evaluate_threshold', '(key, threshold=10, expiry_seconds=3600)'],
] as const;

export const PYTHON_HELPERS: readonly Completion[] = [
  { label: 'event', type: 'variable', boost: 30 },
  ...STATE_HELPERS.map(([name, detail]) => helper(name, 'panther_detection_helpers.caching', detail)),
];

const PANTHER_HELPERS: readonly Completion[] = [
  helper('deepGet', "'panther'", '(event, ...keys)'),
  helper('lookup', "'panther'", '(table, key)'),
  ...STATE_HELPERS.map(([name, detail]) => helper(camel(name), "'panther'", camel(detail))),
];

export const TYPESCRIPT_HELPERS: readonly Completion[] = [
  { label: 'event', type: 'variable', boost: 30 },
  { label: 'console.log', type: 'function', detail: '(…values)', info: 'shown with tests' },
  ...PANTHER_HELPERS,
];

/** What can be imported from `panther`. */
export const TYPESCRIPT_EXPORTS: readonly Completion[] = [
  { label: 'Event', type: 'type', detail: "<'AWS.CloudTrail'>", info: 'an event of a log type', boost: 30 },
  { label: 'Rule', type: 'type', detail: '<Event>', info: 'what a rule may export' },
  { label: 'Severity', type: 'type', detail: 'INFO to CRITICAL' },
  ...PANTHER_HELPERS,
];

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
