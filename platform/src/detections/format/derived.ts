/** Rules that are another one with other settings: `BaseDetection`. */
import type { FoundSpec } from '../load.ts';

/** What stays the base's own. */
const OWN_KEYS = new Set(['AnalysisType', 'RuleID', 'BaseDetection']);

/** Gives derived specifications what they leave to their base; one without a base is left as it is, and is not valid. */
export function deriveFrom(found: readonly FoundSpec[]): readonly FoundSpec[] {
  const bases = new Map(
    found.flatMap((one) => (typeof one.spec.RuleID === 'string' ? [[one.spec.RuleID, one] as const] : [])),
  );
  return found.map((one) => {
    const base = bases.get(String(one.spec.BaseDetection));
    return one.spec.BaseDetection === undefined || base === undefined || base === one ? one : derive(one, base);
  });
}

function derive(one: FoundSpec, base: FoundSpec): FoundSpec {
  const inherited = Object.fromEntries(Object.entries(base.spec).filter(([key]) => !OWN_KEYS.has(key)));
  const spec = { ...inherited, ...one.spec };
  const name = typeof spec.Filename === 'string' ? spec.Filename : undefined;
  const code = base.code ?? (name === undefined ? undefined : base.file.beside(name).text());
  return { ...one, spec, ...(code === undefined ? {} : { code }) };
}
