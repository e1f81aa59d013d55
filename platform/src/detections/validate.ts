/** What can be said of loaded detections without running them, besides what loading said of each specification. */
import { dirname, join } from 'node:path';
import type { Detection } from './detection.ts';
import { mappingsOf } from './format/data-model.ts';
import type { LoadedDetections, LoadProblem } from './load.ts';
import type { CheckedModule, PythonFile } from './python/runner.ts';
import { cronProblem } from './schedule/slots.ts';
import { lintCode } from './typescript/lint.ts';

export interface ValidateOptions {
  check(files: readonly PythonFile[], modules: readonly string[]): Promise<readonly CheckedModule[]>;
  isKnownLogType(name: string): boolean;
}

interface Module {
  readonly detection: Detection;
  /** Of the code. */
  readonly path: string;
  readonly checked: CheckedModule;
}

type Content = Pick<LoadedDetections, 'detections' | 'places'>;

/** Code that does not compile, names that do not exist, and log types without a schema. */
export async function validateDetections(content: Content, options: ValidateOptions): Promise<readonly LoadProblem[]> {
  const modules = await checkModules(content, options);
  return [
    ...modules.flatMap(codeProblems),
    ...importProblems(modules),
    ...modules.flatMap((one) => nameProblems(one, content)),
    ...typescriptOf(content).flatMap(lintProblems),
    ...wrongSchedules(content),
    ...moduleNames(content),
    ...unknownLogTypes(content, options),
  ];
}

async function checkModules({ detections, places }: Content, { check }: ValidateOptions): Promise<readonly Module[]> {
  const python = detections.filter(({ language }) => language === 'python');
  const names = python.filter(({ type }) => type === 'global').map(({ id }) => id);
  const checked = await check(
    python.map(({ file, body }) => ({ file, body })),
    names,
  );
  return python.map((detection, index) => {
    const path = join(dirname(places.get(detection.id)?.file ?? ''), detection.file);
    return { detection, path, checked: checked[index] ?? {} };
  });
}

function codeProblems({ path, checked: { error, missing = [] } }: Module): readonly LoadProblem[] {
  if (error !== undefined) return [inCode(path, error.line, error.message)];
  return missing.map(({ line, reason }) => inCode(path, line, reason));
}

export interface TypeScriptDetection {
  readonly detection: Detection;
  /** Of the code. */
  readonly path: string;
}

export function typescriptOf({ detections, places }: Content): readonly TypeScriptDetection[] {
  return detections
    .filter(({ language, type }) => language === 'typescript' && /rule|policy/.test(type))
    .map((detection) => ({
      detection,
      path: join(dirname(places.get(detection.id)?.file ?? ''), detection.file),
    }));
}

function lintProblems({ detection, path }: TypeScriptDetection): readonly LoadProblem[] {
  const main = detection.type === 'policy' ? 'policy' : 'rule';
  return lintCode(detection.body, main).map((problem) => ({ ...problem, file: path, field: '' }));
}

function inCode(file: string, line: number, message: string): LoadProblem {
  return { level: 'error', file, line, field: '', message };
}

/** `from helper import name`, where the helper has no such name. */
function importProblems(modules: readonly Module[]): readonly LoadProblem[] {
  const defined = new Map(
    modules.flatMap(({ detection: { id, type }, checked: { defines } }) =>
      type === 'global' && defines !== undefined && !defines.includes('*') ? [[id, new Set(defines)] as const] : [],
    ),
  );
  return modules.flatMap(({ path, checked: { imports = [] } }) =>
    imports.flatMap(({ line, module, names }) =>
      names
        .filter((name) => name !== '*' && defined.get(module)?.has(name) === false)
        .map((name) => inCode(path, line, `the module ${module} has no ${name}`)),
    ),
  );
}

/** Names in the specification that the code must have. */
function nameProblems({ detection, path, checked }: Module, { places }: Content): readonly LoadProblem[] {
  const { id, type, spec, file } = detection;
  if (checked.defines === undefined || checked.defines.includes('*')) return [];
  const names = new Set(checked.defines);
  const main = type === 'policy' ? 'policy' : type === 'rule' || type === 'scheduled_rule' ? 'rule' : undefined;
  const problems: LoadProblem[] = [];
  if (main !== undefined && !names.has(main)) problems.push(inCode(path, 1, `there is no function ${main} in ${file}`));
  const place = places.get(id);
  const tell = (level: LoadProblem['level'], { at }: NamedAt, message: string) =>
    problems.push({ level, file: place?.file ?? id, line: place?.lineOf(at) ?? 1, field: at.join('.'), message });
  for (const one of [...mockNames(spec), ...mappingNames(detection, 'method')])
    if (!names.has(one.name)) tell('error', one, `there is no ${one.name} in ${file}`);
  for (const one of mappingNames(detection, 'path'))
    if (names.has(one.name))
      tell('warning', one, `${one.name} is a function of ${file}, and a Path names a field: is Method meant?`);
  return problems;
}

interface NamedAt {
  readonly at: readonly PropertyKey[];
  readonly name: string;
}

/** Built-in functions can be mocked without being named in the module. */
const BUILTIN = /^(open|print|len|isinstance|sorted|any|all|sum|min|max|int|str|float|bool|getattr|hasattr)$/;

function mockNames({ Tests: tests }: Detection['spec']): readonly NamedAt[] {
  if (!Array.isArray(tests)) return [];
  return (tests as { Mocks?: { objectName: string }[] | null }[]).flatMap(({ Mocks: mocks }, test) =>
    (mocks ?? []).flatMap(({ objectName: name }, index) =>
      BUILTIN.test(name) ? [] : [{ at: ['Tests', test, 'Mocks', index, 'objectName'], name }],
    ),
  );
}

function mappingNames({ type, spec }: Detection, by: 'method' | 'path'): readonly NamedAt[] {
  if (type !== 'datamodel') return [];
  return mappingsOf(spec).flatMap(({ [by]: name }, index) =>
    name === undefined ? [] : [{ at: ['Mappings', index], name }],
  );
}

/** Cron expressions, of whatever has a schedule. */
function wrongSchedules({ detections, places }: Content): readonly LoadProblem[] {
  return detections.flatMap(({ id, spec }) =>
    CRON_PATHS.flatMap((path): readonly LoadProblem[] => {
      const [outer, inner] = path;
      const cron = (spec[outer] as Readonly<Record<string, unknown>> | null | undefined)?.[inner];
      const problem = typeof cron === 'string' ? cronProblem(cron) : undefined;
      if (problem === undefined) return [];
      const place = places.get(id);
      const line = place?.lineOf(path) ?? 1;
      return [{ level: 'error', file: place?.file ?? id, line, field: path.join('.'), message: problem }];
    }),
  );
}

const CRON_PATHS = [
  ['Schedule', 'CronExpression'],
  ['Refresh', 'CronExpression'],
] as const;

/** Modules are imported by their ids. */
function moduleNames({ detections, places }: Content): readonly LoadProblem[] {
  return detections
    .filter(({ type, id }) => type === 'global' && !/^[A-Za-z_]\w*$/.test(id))
    .map(({ id }) => {
      const place = places.get(id);
      const message = `no code can import ${id}: it is not a name in Python`;
      const line = place?.lineOf(['GlobalID']) ?? 1;
      return { level: 'warning', file: place?.file ?? id, line, field: 'GlobalID', message };
    });
}

/** Of log types that are listed. */
const MAX_NAMES = 20;

/** Once for all of them, where the one that most detections are for is first named: public content has a hundred. */
function unknownLogTypes({ detections, places }: Content, { isKnownLogType }: ValidateOptions): readonly LoadProblem[] {
  const uses = new Map<string, [Detection, ...Detection[]]>();
  for (const one of detections) {
    for (const logType of one.info.logTypes) {
      if (!isKnownLogType(logType)) uses.set(logType, [...(uses.get(logType) ?? []), one] as [Detection]);
    }
  }
  const [most, ...others] = [...uses].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return [];
  const [logType, [first]] = most;
  const place = places.get(first.id);
  const line = place?.lineOf(['LogTypes', first.info.logTypes.indexOf(logType)]) ?? 1;
  const listed = [most, ...others].slice(0, MAX_NAMES).map(([name, { length }]) => `${name} (${length})`);
  const left = others.length + 1 - listed.length;
  const message =
    others.length === 0
      ? `there is no log type ${logType}: its logs are not read until it has a schema, which ` +
        `\`panther infer --name ${logType} FILE\` makes of samples`
      : `${others.length + 1} log types are not known, with the number of detections for each: ${listed.join(', ')}` +
        `${left === 0 ? '' : ` and ${left} more`}; their logs are not read until they have schemas, which ` +
        '`panther infer --name TYPE FILE` makes of samples';
  return [{ level: 'warning', file: place?.file ?? '', line, field: 'LogTypes', message }];
}
