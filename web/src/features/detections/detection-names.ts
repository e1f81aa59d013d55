import type { DetectionSummary } from '@panther/platform/contract';
import { sentence } from '../../components/badge.tsx';

export function languageName(language: DetectionSummary['language']): string {
  return { python: 'Python', typescript: 'TypeScript', sigma: 'Sigma', yaml: 'YAML' }[language];
}

/** `datamodel` → `Data model`, `scheduled_rule` → `Scheduled rule`. */
export function typeName(type: string): string {
  return type === 'datamodel' ? 'Data model' : sentence(type);
}

/** What something that is not run on events is run on. */
const RUN_ON: Readonly<Record<string, string>> = {
  scheduled_rule: 'On the rows that its scheduled queries find.',
  scheduled_query: 'Over stored events, by its schedule.',
  saved_query: 'When somebody runs it.',
  correlation_rule: 'Over the matches of other rules, by its schedule.',
  global: 'When other detections call it.',
  datamodel: 'When detections ask for the fields that it maps.',
  lookup_table: 'When events of its log types are enriched.',
  policy: 'On resources.',
  pack: 'Never by itself: it names other detections.',
};

/** Undefined for what is run on events. */
export function whenItRuns(type: string): string | undefined {
  return RUN_ON[type];
}
