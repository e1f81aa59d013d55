/** A detection as text: what an editor shows, and what differences are made of. */
import { specText } from '../../detections/format/spec-text.ts';
import type { DetectionDraft } from '../contract/detection-drafts.ts';

interface SourceRow {
  /** JSON. */
  readonly spec: string;
  readonly body: string;
  readonly spec_text: string | null;
}

/** As it was written, with its comments; what was stored before texts were kept is made anew. */
export function toSource({ spec, body, spec_text }: SourceRow): DetectionDraft {
  const fields = JSON.parse(spec) as Record<string, unknown>;
  if (fields.Sigma !== undefined && body !== '') return { yaml: body, body: '' };
  return { yaml: specText(fields, spec_text), body };
}
