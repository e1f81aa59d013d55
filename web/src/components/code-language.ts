import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import { yaml } from '@codemirror/lang-yaml';
import type { Extension } from '@codemirror/state';
import type { CodeLanguage } from './code-view.tsx';

const LANGUAGES: Readonly<Record<CodeLanguage, () => Extension>> = {
  python: () => python(),
  typescript: () => javascript({ typescript: true }),
  yaml: () => yaml(),
  json: () => json(),
  sql: () => [],
  text: () => [],
};

/** How CodeMirror reads a language. */
export function codeLanguage(language: CodeLanguage): Extension {
  return LANGUAGES[language]();
}
