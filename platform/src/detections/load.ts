/**
 * Loads detections from a folder, a git checkout, a zip or a file in the public format: YAML specifications with their
 * code beside them. One bad item never fails the rest: it is a problem, with file and line.
 */
import { resolve } from 'node:path';
import { type Content, type ContentFile, contentFiles, nameOf } from './content-files.ts';
import { type Detection, type SpecIssue, toDetection } from './detection.ts';
import { deriveFrom } from './format/derived.ts';
import { parseSpecDocuments, type SpecDocument } from './format/documents.ts';
import { checkLinks } from './format/links.ts';
import { type LoadedRule, loadSigma, mayHaveSigma } from './sigma/collection.ts';
import type { LoadedCorrelation } from './sigma/correlation/resolve.ts';
import { readSingleFile } from './typescript/single-file.ts';

export interface LoadProblem {
  readonly level: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  /** 1-based, where it is known. */
  readonly column?: number;
  readonly field: string;
  readonly message: string;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  /** 1-based: of the innermost part of the path that is there. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Of the test with this name. */
  lineOfTest(name: string): number;
}

export interface LoadedDetections {
  /** In the order of their files' names. */
  readonly detections: readonly Detection[];
  readonly problems: readonly LoadProblem[];
  /** Where the specification of each detection stands, by its id. */
  readonly places: ReadonlyMap<string, Place>;
  /** Correlations of Sigma rules that are among the detections. */
  readonly correlations: readonly LoadedCorrelation[];
}

/** One specification of a file, before it is known whether it is valid. */
export interface FoundSpec {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly file: ContentFile;
  /** 1-based. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Text of the code, where it is not in a file of its own. */
  readonly code?: string;
  /** Text of the specification, where it is YAML of the format. */
  readonly text?: string;
}

interface Reading {
  readonly found: readonly FoundSpec[];
  readonly problems: readonly LoadProblem[];
}

/** A folder, a zip, one file, or an archive in memory; or several as one. @throws UserError when there is no such path. */
export function loadDetections(content: Content | readonly Content[]): LoadedDetections {
  const problems: LoadProblem[] = [];
  const found: FoundSpec[] = [];
  const sigmaFiles = new Map<string, { readonly file: ContentFile; readonly text: string }>();
  const seen = new Set<string>();
  for (const file of [content].flat().flatMap(contentFiles)) {
    if (seen.has(resolve(file.path))) continue;
    seen.add(resolve(file.path));
    const text = file.text() ?? '';
    if (isSigma(file, text)) {
      sigmaFiles.set(file.path, { file, text });
      continue;
    }
    const reading = readFile(file, text);
    found.push(...reading.found);
    problems.push(...reading.problems);
  }
  const sigma = loadSigma([...sigmaFiles].map(([name, { text }]) => ({ path: name, text })));
  const own = [...deriveFrom(withoutCodeOfOthers(found)), ...[...sigma.rules, ...sigma.scheduled].map(toFoundSpec)];
  const { detections, places, problems: invalid } = toDetections(own);
  const all = [...problems, ...sigma.problems, ...invalid, ...checkLinks(detections, places)];
  return { detections, places, problems: all, correlations: sigma.correlations };

  function toFoundSpec({ spec, text, file, line }: LoadedRule): FoundSpec {
    const { file: place } = sigmaFiles.get(file) as { readonly file: ContentFile };
    return { spec, code: text, file: place, lineOf: () => line };
  }
}

function isSigma({ path }: ContentFile, text: string): boolean {
  return /\.ya?ml$/.test(path) && mayHaveSigma(text) && !text.includes('AnalysisType');
}

function readFile(file: ContentFile, text: string): Reading {
  if (file.path.endsWith('.ts')) return readTypeScript(file, text);
  if (!text.includes('AnalysisType')) return { found: [], problems: [] };
  const found: FoundSpec[] = [];
  const problems: LoadProblem[] = [];
  for (const document of parseSpecDocuments(text)) {
    const [syntax] = document.errors;
    if (syntax !== undefined) {
      const message = `not valid YAML: ${syntax.message}`;
      problems.push({ level: 'error', file: file.path, line: syntax.line, field: '', message });
    } else if (isSpec(document)) found.push({ ...document, file });
  }
  return { found, problems };
}

function isSpec(document: SpecDocument): document is SpecDocument & { spec: Record<string, unknown> } {
  return typeof document.spec === 'object' && document.spec !== null && 'AnalysisType' in document.spec;
}

function readTypeScript(file: ContentFile, text: string): Reading {
  const read = readSingleFile(text, nameOf(file));
  if (read === undefined) return { found: [], problems: [] };
  const problems = read.issues.map(({ line, message }) => ({
    level: 'error' as const,
    file: file.path,
    line,
    field: '',
    message,
  }));
  if (problems.length > 0) return { found: [], problems };
  return { found: [{ spec: read.spec, file, code: text, lineOf: read.lineOf }], problems };
}

/** A TypeScript file that a specification names is the specification's code, whatever else it exports. */
function withoutCodeOfOthers(found: readonly FoundSpec[]): readonly FoundSpec[] {
  const named = new Set(
    found.flatMap(({ spec, file, code }) =>
      code === undefined && typeof spec.Filename === 'string' ? [file.beside(spec.Filename).path] : [],
    ),
  );
  return found.filter(({ file, code }) => code === undefined || !named.has(file.path));
}

function toDetections(found: readonly FoundSpec[]): Omit<LoadedDetections, 'correlations'> {
  const detections = new Map<string, Detection>();
  const places = new Map<string, Place>();
  const problems: LoadProblem[] = [];
  for (const one of found) {
    const { detection, problems: own } = toLoaded(one);
    problems.push(...own);
    if (detection === undefined) continue;
    const twin = places.get(detection.id);
    if (twin === undefined) {
      detections.set(detection.id, detection);
      places.set(detection.id, placeOf(one, detection));
    } else
      problems.push(problem(one, 'error', { path: [], message: `the id ${detection.id} is taken by ${twin.file}` }));
  }
  return { detections: [...detections.values()], problems, places };
}

function placeOf({ file, lineOf }: FoundSpec, { tests }: Detection): Place {
  return {
    file: file.path,
    line: lineOf([]),
    lineOf,
    lineOfTest: (name) => lineOf(['Tests', tests.findIndex((one) => one.name === name), 'Name']),
  };
}

function toLoaded(one: FoundSpec): { readonly detection?: Detection; readonly problems: readonly LoadProblem[] } {
  const { spec, file } = one;
  const name = typeof spec.Filename === 'string' ? spec.Filename : '';
  const code = one.code ?? (name === '' ? '' : file.beside(name).text());
  if (code === undefined) {
    const message = `cannot read ${name} beside the specification`;
    return { problems: [problem(one, 'error', { path: ['Filename'], message })] };
  }
  const parsed = toDetection(spec, name, code);
  const warnings = (parsed.warnings ?? []).map((issue) => problem(one, 'warning', issue));
  if ('issues' in parsed)
    return { problems: [...warnings, ...parsed.issues.map((issue) => problem(one, 'error', issue))] };
  const detection = one.text === undefined ? parsed.detection : { ...parsed.detection, specText: one.text };
  return { detection, problems: warnings };
}

export function problem(
  { file, lineOf }: FoundSpec,
  level: LoadProblem['level'],
  { path, message }: SpecIssue,
): LoadProblem {
  return { level, file: file.path, line: lineOf(path), field: path.join('.'), message };
}
