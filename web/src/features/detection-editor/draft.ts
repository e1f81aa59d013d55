/** What is in the editor, and what is known about it. */
import type { DetectionDetail, DetectionDraft } from '@panther/platform/contract';
import type { EditorLanguage } from './code-editor.tsx';

export type Draft = DetectionDraft;
export type DraftLanguage = DetectionDetail['language'];

export function hasCode(language: DraftLanguage): language is 'python' | 'typescript' {
  return language === 'python' || language === 'typescript';
}

export function editorLanguageOf(language: DraftLanguage): EditorLanguage {
  return hasCode(language) ? language : 'yaml';
}

export function isSameDraft(one: Draft, other: Draft): boolean {
  return one.yaml === other.yaml && one.body === other.body;
}

/** The log types that a specification names, read without understanding the rest of it, so that half-written ones count. */
export function logTypesIn(yaml: string): readonly string[] {
  const flow = /^LogTypes:\s*\[([^\]]*)\]/m.exec(yaml)?.[1];
  if (flow !== undefined) return flow.split(',').map(unquoted).filter(Boolean);
  const lines = yaml.split('\n');
  const start = lines.findIndex((line) => /^LogTypes:\s*$/.test(line));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !/^\s*-/.test(line) && line.trim() !== '');
  return (end < 0 ? rest : rest.slice(0, end)).map((line) => unquoted(line.replace(/^\s*-/, ''))).filter(Boolean);
}

/** The id that a specification gives itself. */
export function idIn(yaml: string): string {
  const found = /^(?:RuleID|PolicyID|GlobalID|DataModelID|QueryName|LookupName|PackID|id):\s*(.+)$/m.exec(yaml)?.[1];
  return found === undefined ? '' : unquoted(found);
}

/** The type that a specification gives itself; a Sigma rule says none. */
export function typeIn(yaml: string): string {
  return unquoted(/^AnalysisType:\s*(.+)$/m.exec(yaml)?.[1] ?? 'rule').toLowerCase();
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  return /^(["']).*\1$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}
