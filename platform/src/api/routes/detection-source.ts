/** A detection as text: what an editor shows, and what differences are made of. */
import { stringify } from 'yaml';
import type { DetectionDraft } from '../contract/detection-drafts.ts';

/** Sigma rules are kept as they were written; other specifications as data. `spec` is JSON. */
export function toSource(row: { readonly spec: string; readonly body: string }): DetectionDraft {
  const spec = JSON.parse(row.spec) as Record<string, unknown>;
  if (spec.Sigma !== undefined && row.body !== '') return { yaml: row.body, body: '' };
  return { yaml: stringify(spec, { lineWidth: 100 }), body: row.body };
}
