/** The planner's conditions, kept in the state by the detection's version, so that a start needs no interpreter. */
import type { Detection } from '../../detections/detection.ts';
import type { Condition } from '../../detections/planner/condition.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import type { PythonRunner } from '../../detections/python/runner.ts';
import type { State } from '../../ports/state/state.ts';

/** Part of the key: conditions of another planner are not used. */
const PLANNER_VERSION = 3;

function keyOf(detection: Detection): string {
  return `condition:${PLANNER_VERSION}:${detection.version}`;
}

export async function readConditions(state: State, detections: readonly Detection[]): Promise<Map<string, Condition>> {
  const rows = await state.db
    .selectFrom('settings')
    .selectAll()
    .where('key', 'like', `condition:${PLANNER_VERSION}:%`)
    .execute();
  const stored = new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as Condition]));
  const known = detections.flatMap((one) => {
    const condition = stored.get(keyOf(one));
    return condition === undefined ? [] : [[one.version, condition] as const];
  });
  return new Map(known);
}

/** Derives the condition of a detection and keeps it. */
export async function deriveCondition(state: State, detection: Detection, python: PythonRunner): Promise<Condition> {
  const condition = await planDetection(detection, (source) => python.ast(source));
  // Of Sigma rules there are thousands, and theirs take no interpreter to derive.
  if (detection.language === 'sigma') return condition;
  const value = JSON.stringify(condition);
  await state.db
    .insertInto('settings')
    .values({ key: keyOf(detection), value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
  return condition;
}
