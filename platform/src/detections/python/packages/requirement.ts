/** What a list of packages asks for, in the words of pip: `name==1.2`, `name>=1,<2`, `name==1.2 --hash=sha256:…`. */
import { UserError } from '../../../core/errors.ts';

export interface Requirement {
  /** As the index has it: lower case, `-` for `_` and `.`. */
  readonly name: string;
  readonly specifiers: readonly Specifier[];
  /** The only allowed digests; any without. */
  readonly sha256: readonly string[];
}

interface Specifier {
  readonly operator: string;
  readonly version: string;
}

const REQUIREMENT = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^();]*)\)?\s*$/;
const SPECIFIER = /^\s*(===?|!=|<=|>=|~=|<|>)\s*([A-Za-z0-9.*+!_-]+)\s*$/;

/** @throws UserError for what is no requirement. */
export function parseRequirement(text: string): Requirement {
  const [plain = '', ...options] = text.split(/\s+--/);
  const [, name, given = ''] = REQUIREMENT.exec(plain.trim()) ?? [];
  const specifiers = given
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one) => SPECIFIER.exec(one));
  const digests = options.map((one) => /^hash[= ]sha256:([0-9a-f]{64})$/.exec(one.trim()));
  if (name === undefined || specifiers.includes(null) || digests.includes(null)) {
    throw new UserError(`"${text}" is not a package like name==1.2.3`, { field: 'PipLayer' });
  }
  return {
    name: normalName(name),
    specifiers: specifiers.map((one) => ({ operator: one?.[1] ?? '', version: one?.[2] ?? '' })),
    sha256: digests.map((one) => one?.[1] ?? ''),
  };
}

export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

export function isAllowed(version: string, { specifiers }: Requirement): boolean {
  return specifiers.every((one) => satisfies(version, one));
}

function satisfies(version: string, { operator, version: wanted }: Specifier): boolean {
  if (operator === '===') return version === wanted;
  if (wanted.endsWith('.*')) {
    const isInside = `${version}.`.startsWith(wanted.slice(0, -1));
    return operator === '!=' ? !isInside : isInside;
  }
  const order = compareVersions(version, wanted);
  if (operator === '~=') return order >= 0 && `${version}.`.startsWith(`${wanted.split('.').slice(0, -1).join('.')}.`);
  const answers: Readonly<Record<string, boolean>> = {
    '==': order === 0,
    '!=': order !== 0,
    '<=': order <= 0,
    '>=': order >= 0,
    '<': order < 0,
    '>': order > 0,
  };
  return answers[operator] ?? false;
}

/** Releases by their numbers; `post` is later than the release, `a`, `b`, `rc` and `dev` are earlier. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionKey(a), versionKey(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = (left[index] ?? 0) - (right[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

const STAGES: Readonly<Record<string, number>> = { dev: -4, a: -3, b: -2, rc: -1, post: 0.5 };

function versionKey(version: string): readonly number[] {
  const parts =
    version
      .toLowerCase()
      .replace(/\+.*$/, '')
      .match(/\d+|[a-z]+/g) ?? [];
  return parts.map((part) => (/^\d/.test(part) ? Number(part) : (STAGES[part] ?? 0)));
}

export function isPreRelease(version: string): boolean {
  return /\d\.?(a|b|rc|dev)\d*/i.test(version);
}

/** Of a `Requires-Dist` line: undefined when it does not concern this Python. */
export function parseDependency(line: string, python: string): Requirement | undefined {
  const [requirement = '', marker = ''] = line.split(';');
  return holds(marker, python) ? parseRequirement(requirement) : undefined;
}

/** Environment markers. What is not known here is taken to hold. */
function holds(marker: string, python: string): boolean {
  const text = marker.trim();
  if (text === '') return true;
  if (/\sor\s/.test(text)) return text.split(/\sor\s/).some((one) => holds(one.replace(/^\(|\)$/g, ''), python));
  return text.split(/\sand\s/).every((one) => {
    const [, name, operator = '', value = ''] =
      /^\(?\s*(\w+)\s*([=!<>~]+)\s*['"]([^'"]*)['"]\s*\)?$/.exec(one.trim()) ?? [];
    if (name === 'extra') return false;
    if (name === 'python_version' || name === 'python_full_version') {
      return satisfies(python, { operator, version: value });
    }
    if (name === 'sys_platform' || name === 'platform_system' || name === 'os_name') {
      const own = { sys_platform: 'emscripten', platform_system: 'Emscripten', os_name: 'posix' }[name];
      return operator === '!=' ? own !== value : own === value;
    }
    return true;
  });
}
