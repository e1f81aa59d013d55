/**
 * Loads detections from a folder in the public format: YAML specifications with their code beside them. One bad item
 * never fails the rest: it is a problem, with file and line.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { UserError } from '../core/errors.ts';
import { type Detection, type SpecIssue, toDetection } from './detection.ts';

export interface LoadProblem {
  readonly level: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

export interface LoadedDetections {
  /** In the order of their files' names. */
  readonly detections: readonly Detection[];
  readonly problems: readonly LoadProblem[];
}

/** A folder, or one specification. @throws UserError when there is no such path. */
export function loadDetections(path: string): LoadedDetections {
  const detections = new Map<string, Detection>();
  const problems: LoadProblem[] = [];
  for (const file of specFiles(path)) {
    const { detection, problems: found } = loadSpec(file);
    problems.push(...found);
    if (detection === undefined) continue;
    const twin = detections.get(detection.id);
    if (twin === undefined) detections.set(detection.id, detection);
    else
      problems.push({
        level: 'error',
        file,
        line: 1,
        field: '',
        message: `the id ${detection.id} is taken by ${twin.file}`,
      });
  }
  return { detections: [...detections.values()], problems };
}

const SPEC_NAME = /^[^.].*\.ya?ml$/;

function specFiles(path: string): readonly string[] {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (info.isFile()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => SPEC_NAME.test(basename(name)) && !/(^|\/)(\.|__pycache__)/.test(name))
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

interface LoadedSpec {
  readonly detection?: Detection;
  readonly problems: readonly LoadProblem[];
}

function loadSpec(file: string): LoadedSpec {
  const lines = new LineCounter();
  // The format's own reader: only true and false are booleans, times stay texts. That is YAML 1.2's core schema.
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const line = lines.linePos(syntax.pos[0]).line;
    return { problems: [{ level: 'error', file, line, field: '', message: `not valid YAML: ${syntax.message}` }] };
  }
  if (!isMap(document.contents) || !document.has('AnalysisType')) return { problems: [] };

  function problem(level: LoadProblem['level'], { path, message }: SpecIssue): LoadProblem {
    return { level, file, line: lineOf(path), field: path.join('.'), message };
  }
  function lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }

  const spec = document.toJS() as Record<string, unknown>;
  const code = readCode(file, spec.Filename);
  if (typeof code !== 'string') return { problems: [problem('error', { path: ['Filename'], message: code.message })] };
  const name = typeof spec.Filename === 'string' ? spec.Filename : '';
  const parsed = toDetection(spec, name, code);
  if ('issues' in parsed) return { problems: parsed.issues.map((issue) => problem('error', issue)) };
  return { detection: parsed.detection, problems: parsed.warnings.map((issue) => problem('warning', issue)) };
}

function readCode(specFile: string, name: unknown): string | { readonly message: string } {
  if (name === undefined) return '';
  const path = join(dirname(specFile), String(name));
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return { message: `cannot read ${String(name)} beside the specification` };
  }
}
