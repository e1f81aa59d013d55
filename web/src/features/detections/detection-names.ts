import type { DetectionSummary } from '@panther/platform/contract';
import { sentence } from '../../components/badge.tsx';

export function languageName(language: DetectionSummary['language']): string {
  return { python: 'Python', typescript: 'TypeScript', sigma: 'Sigma', yaml: 'YAML' }[language];
}

/** `datamodel` → `Data model`, `scheduled_rule` → `Scheduled rule`. */
export function typeName(type: string): string {
  return type === 'datamodel' ? 'Data model' : sentence(type);
}
