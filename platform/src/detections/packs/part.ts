/** Content of which a part cannot be installed: what is without errors, and what must not be taken for removed. */
import { resolve } from 'node:path';
import type { Detection } from '../detection.ts';
import type { LoadedDetections, LoadProblem } from '../load.ts';
import type { Plan } from './plan.ts';

export function withoutErrors(
  { detections, places }: Pick<LoadedDetections, 'detections' | 'places'>,
  problems: readonly LoadProblem[],
): readonly Detection[] {
  const wrong = new Set(problems.filter(({ level }) => level === 'error').map(({ file }) => resolve(file)));
  return detections.filter(({ id, file }) => {
    const place = places.get(id)?.file ?? '';
    return !wrong.has(resolve(place)) && !wrong.has(resolve(place, '..', file));
  });
}

/** The plan without removals of what `stays`, and the content with these, out of what is installed. */
export function keepingTheRest<P extends Plan>(
  plan: P,
  content: readonly Detection[],
  installed: readonly Detection[],
  stays: (id: string) => boolean = () => true,
): { readonly plan: P; readonly content: readonly Detection[] } {
  const gone = new Set(plan.changes.filter(({ action, id }) => action === 'remove' && stays(id)).map(({ id }) => id));
  return {
    plan: { ...plan, changes: plan.changes.filter(({ id }) => !gone.has(id)) },
    content: [...content, ...installed.filter(({ id }) => gone.has(id))],
  };
}
