/** Every source, one line each. */
import { http } from './http.ts';
import type { Source } from './source.ts';

export const SOURCES: readonly Source[] = [http];
