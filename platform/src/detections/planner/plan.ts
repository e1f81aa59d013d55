/** The planner: from a detection's source to the condition that an event must meet to be given to it. */
import { compileDetection, withFilters } from '../compiled.ts';
import type { Detection } from '../detection.ts';
import { type Condition, TRUE } from './condition.ts';
import { planPython } from './python.ts';
import { planTypeScript } from './typescript.ts';

/** `pythonAst` gives a module's syntax tree (`PYTHON_AST_DUMP`), undefined when it has none. */
export async function planDetection(
  detection: Pick<Detection, 'type' | 'language' | 'body' | 'spec'>,
  pythonAst: (source: string) => Promise<unknown>,
): Promise<Condition> {
  if (detection.type !== 'rule') return TRUE;
  return withFilters(await planCode(detection, pythonAst), detection);
}

async function planCode(
  detection: Pick<Detection, 'language' | 'body' | 'spec'>,
  pythonAst: (source: string) => Promise<unknown>,
): Promise<Condition> {
  const { language, body } = detection;
  if (language === 'python') return planPython(await pythonAst(body));
  if (language === 'typescript') return planTypeScript(body);
  return compileDetection(detection)?.condition ?? TRUE;
}
