/** What the Python rules of a set of detections share: helper modules and data models. */
import type { Detection } from './detection.ts';
import { mappingsOf } from './format/data-model.ts';
import { parseJsonPath } from './format/json-path.ts';
import type { HelperSource, ModelSource } from './runner.ts';

/** Of data models the enabled ones. */
export function helpersOf(detections: readonly Detection[]): readonly HelperSource[] {
  return detections.flatMap((one) => {
    const { id, type, language, file, body, isEnabled } = one;
    if (type === 'global' && language === 'python') return [{ id, file, body }];
    return type === 'datamodel' && isEnabled ? [{ id, file, body, model: modelOf(one) }] : [];
  });
}

function modelOf({ info, spec }: Detection): ModelSource {
  const mappings = mappingsOf(spec).map(({ name, path, method }) =>
    method === undefined ? { name, steps: parseJsonPath(path ?? '') ?? [] } : { name, method },
  );
  return { logType: info.logTypes[0] ?? '', mappings };
}
