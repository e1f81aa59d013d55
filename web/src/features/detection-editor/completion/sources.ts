/** Which completion an editor's pane has. */
import type { CompletionSource } from '@codemirror/autocomplete';
import type { DraftLanguage } from '../draft.ts';
import { pythonCompletion, typescriptCompletion } from './code-completion.ts';
import type { EventField } from './event-fields.ts';
import { sigmaCompletion, specificationCompletion } from './yaml-completion.ts';

interface Known {
  readonly fields: readonly EventField[];
  readonly logTypes: readonly string[];
}

/** Completion for the code and for the specification; `known` is asked each time. */
export function completionsOf(
  language: DraftLanguage,
  known: () => Known,
): { readonly body: CompletionSource; readonly yaml: CompletionSource } {
  const fieldsOf = () => known().fields;
  const yaml = { fieldsOf, logTypesOf: () => known().logTypes };
  return {
    body:
      language === 'typescript' ? typescriptCompletion(fieldsOf, () => known().logTypes) : pythonCompletion(fieldsOf),
    yaml: language === 'sigma' ? sigmaCompletion(yaml) : specificationCompletion(yaml),
  };
}
