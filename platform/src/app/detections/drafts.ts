/** Detections that are not saved, for the editor: what is wrong with them, when they would run, their tests. */
import type { DraftCheck, DraftMessage } from '../../api/contract/detection-drafts.ts';
import type { TestRun } from '../../api/contract/detections.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { withoutMissing } from '../../detections/format/links.ts';
import type { LoadProblem } from '../../detections/load.ts';
import { explain } from '../../detections/planner/explain.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import { runTests, type TestResult } from '../../detections/run-tests.ts';
import { readConstants } from '../../detections/typescript/constants.ts';
import { validateDetections } from '../../detections/validate.ts';
import type { Runners } from './detection-runners.ts';
import { type Draft, type LoadedDraft, loadDraft, readDraft } from './draft-detection.ts';

export interface DraftContext {
  readonly tmpDir: string;
  readonly runners: Runners;
  isKnownLogType(name: string): boolean;
  /** What is saved: helper modules, data models and what drafts refer to. */
  saved(): Promise<readonly Detection[]>;
}

/** What `panther validate` says of the draft as part of what is saved. */
export async function checkDraft(draft: Draft, context: DraftContext): Promise<DraftCheck> {
  const loaded = await loadDraft(draft, context.tmpDir);
  const [detection] = loaded.content.detections;
  const found = await problemsOf(loaded, context);
  const problems = found.length === 0 && detection === undefined ? [NOTHING] : found;
  const messages = problems.map((problem) => toMessage(problem, loaded.codeFile));
  const failure = detection && typescriptProblem(detection);
  return {
    id: detection?.id ?? null,
    logTypes: [...(detection?.info.logTypes ?? [])],
    testNames: (detection?.tests ?? []).map(({ name }) => name),
    condition: await conditionOf(detection, context),
    messages: failure === undefined ? messages : [...messages, failure],
  };
}

const NOTHING: LoadProblem = {
  level: 'error',
  file: '',
  line: 1,
  field: '',
  message: 'this is no specification of a detection: AnalysisType is missing',
};

async function problemsOf({ content }: LoadedDraft, context: DraftContext): Promise<readonly LoadProblem[]> {
  const saved = await context.saved();
  const ids = new Set(saved.map(({ id }) => id));
  const own = withoutMissing(content.problems, ids);
  const helpers = saved.filter(({ type, id }) => type === 'global' && !content.detections.some((one) => one.id === id));
  const found = await validateDetections(
    { detections: [...content.detections, ...helpers], places: content.places },
    { check: context.runners.python.check, isKnownLogType: context.isKnownLogType },
  );
  const files = new Set([...content.places.values()].map(({ file }) => file));
  const folders = [...files].map((file) => file.replace(/[^/\\]+$/, ''));
  return [...own, ...found.filter(({ file }) => folders.some((folder) => file.startsWith(folder)))];
}

function toMessage({ level, file, line, field, message }: LoadProblem, codeFile: string | undefined): DraftMessage {
  const isCode = codeFile !== undefined && file === codeFile;
  const text = field === '' || isCode || message.includes(field) ? message : `${field}: ${message}`;
  return { severity: level, file: isCode ? 'body' : 'yaml', line: Math.max(1, line), message: text };
}

/** Code that is not TypeScript, or lacks the function that is called. */
function typescriptProblem({ type, language, body }: Detection): DraftMessage | undefined {
  if (language !== 'typescript') return undefined;
  const main = type === 'policy' ? 'policy' : 'rule';
  try {
    if (readConstants(body).exports.has(main)) return undefined;
    return { severity: 'error', file: 'body', line: 1, message: `it exports no function ${main}` };
  } catch (error) {
    return { severity: 'error', file: 'body', line: lineOfSyntax(error), message: errorMessage(error) };
  }
}

/** Node writes the line before the stack of a syntax error in TypeScript, the parser of JavaScript into `loc`. */
function lineOfSyntax(error: unknown): number {
  if (!(error instanceof Error)) return 1;
  const { loc } = error as { readonly loc?: { readonly line: number } };
  return loc?.line ?? Number(/^[^\n]*:(\d+)\n/.exec(error.stack ?? '')?.[1] ?? 1);
}

async function conditionOf(detection: Detection | undefined, { runners }: DraftContext): Promise<string | null> {
  if (detection === undefined || detection.type !== 'rule') return null;
  const condition = await planDetection(detection, (source) => runners.python.ast(source));
  return condition.op === 'true' ? null : explain(condition);
}

/** Runs tests of the draft, with the helper modules and data models that are saved. @throws UserError when it is not valid */
export async function testDraft(draft: Draft, names: readonly string[] | undefined, context: DraftContext) {
  const detection = await readDraft(draft, context.tmpDir);
  return runTestsOf(detection, names, context);
}

/** Runs tests of one detection among what is saved. */
export async function runTestsOf(
  detection: Detection,
  names: readonly string[] | undefined,
  { runners, saved }: Pick<DraftContext, 'runners' | 'saved'>,
): Promise<TestRun> {
  const helpers = (await saved()).filter(
    ({ id, type }) => id !== detection.id && (type === 'global' || type === 'datamodel'),
  );
  const results: TestResult[] = [];
  const only = new Set(names ?? detection.tests.map(({ name }) => name));
  for await (const result of runTests([detection, ...helpers], runners, { names: only })) {
    if (result.id === detection.id) results.push(result);
  }
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed, results: results.map(toTestOutcome) };
}

function toTestOutcome({ test, id: _id, type: _type, outputs, ...rest }: TestResult) {
  return { name: test, outputs: { ...outputs }, ...rest };
}
