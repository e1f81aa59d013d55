/** Detections that are not saved, for the editor: what is wrong with them, when they would run, their tests. */
import type { DraftCheck, DraftMessage } from '../api/contract/detection-drafts.ts';
import type { TestRun } from '../api/contract/detections.ts';
import { errorMessage } from '../core/errors.ts';
import type { Detection } from '../detections/detection.ts';
import type { LoadProblem } from '../detections/load.ts';
import { explain } from '../detections/planner/explain.ts';
import { planDetection } from '../detections/planner/plan.ts';
import { runTests, type TestResult } from '../detections/run-tests.ts';
import { validateDetections } from '../detections/validate.ts';
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
  const { condition, failure } = await conditionOf(detection, context);
  return {
    id: detection?.id ?? null,
    logTypes: [...(detection?.info.logTypes ?? [])],
    testNames: (detection?.tests ?? []).map(({ name }) => name),
    condition,
    messages: failure === undefined || messages.some(isError) ? messages : [...messages, failure],
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
  const links = /^there is no (.+) in what was loaded$/;
  const own = content.problems.filter(({ message }) => !ids.has(links.exec(message)?.[1] ?? ''));
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

function isError({ severity }: DraftMessage): boolean {
  return severity === 'error';
}

interface Planned {
  readonly condition: string | null;
  /** Why the code cannot be read. */
  readonly failure?: DraftMessage;
}

async function conditionOf(detection: Detection | undefined, { runners }: DraftContext): Promise<Planned> {
  if (detection === undefined || detection.type !== 'rule') return { condition: null };
  try {
    const condition = await planDetection(detection, (source) => runners.python.ast(source));
    return { condition: condition.op === 'true' ? null : explain(condition) };
  } catch (error) {
    const message = errorMessage(error);
    const line = Number(/\((\d+):\d+\)/.exec(message)?.[1] ?? 1);
    return { condition: null, failure: { severity: 'error', file: 'body', line, message } };
  }
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
