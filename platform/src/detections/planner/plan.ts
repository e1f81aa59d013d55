/** The planner: from a detection's source to the condition that an event must meet to be given to it. */
import type { Detection } from '../detection.ts';
import { type Condition, TRUE } from './condition.ts';
import { planPython } from './python.ts';
import { planTypeScript } from './typescript.ts';

/** `pythonAst` gives a module's syntax tree (`PYTHON_AST_DUMP`), undefined when it has none. */
export async function planDetection(
  { type, language, body }: Pick<Detection, 'type' | 'language' | 'body'>,
  pythonAst: (source: string) => Promise<unknown>,
): Promise<Condition> {
  if (type !== 'rule' || body === '') return TRUE;
  if (language === 'python') return planPython(await pythonAst(body));
  return language === 'typescript' ? planTypeScript(body) : TRUE;
}
