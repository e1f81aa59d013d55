/** Sigma rules on the command line: which log types they run on, and what became of them. */
import type { Detection } from '../detections/detection.ts';
import type { LoadedCorrelation } from '../detections/sigma/correlation/resolve.ts';
import type { LogTypes } from '../log-analysis/schema.ts';
import type { CommandIo } from './command.ts';

/** Sigma rules whose log source has no log type here are for the log types that the user names. */
export function withLogTypes(
  detections: readonly Detection[],
  named: readonly string[],
  known: LogTypes,
): readonly Detection[] {
  if (named.length === 0) return detections;
  return detections.map((one) => {
    if (one.language !== 'sigma' || one.info.logTypes.some((name) => known.has(name))) return one;
    return { ...one, info: { ...one.info, logTypes: named } };
  });
}

/** Nothing without Sigma rules. */
export async function writeSigmaSummary(
  detections: readonly Detection[],
  correlations: readonly LoadedCorrelation[],
  known: LogTypes,
  io: CommandIo,
): Promise<void> {
  const rules = detections.filter(({ language, type }) => language === 'sigma' && type === 'rule');
  if (rules.length === 0) return;
  const off = rules.filter(({ isEnabled }) => !isEnabled);
  const running = rules.filter((one) => one.isEnabled && one.info.logTypes.some((name) => known.has(name)));
  const idle = rules.length - off.length - running.length;
  const parts = [
    `${running.length} run`,
    ...(correlations.length === 0
      ? []
      : [`${correlations.length} ${correlations.length === 1 ? 'correlation' : 'correlations'}`]),
    ...(off.length === 0 ? [] : [`${off.length} are deprecated or unsupported`]),
    ...(idle === 0 ? [] : [`${idle} have no log type here`]),
  ];
  await io.stderr.write(`Sigma: of ${rules.length} rules ${parts.join(', ')}\n`);
  const unknown = countUnknown(rules, known);
  if (unknown === '') return;
  await io.stderr.write(
    `  not known here: ${unknown}; read their logs with --schema, or as another type with --log-type\n`,
  );
}

/** Log types that rules are for and that are not known, with the number of rules. */
function countUnknown(rules: readonly Detection[], known: LogTypes): string {
  const lost = rules.filter(({ isEnabled, info }) => isEnabled && !info.logTypes.some((name) => known.has(name)));
  const byType = Map.groupBy(
    lost.filter(({ info }) => info.logTypes.length > 0),
    ({ info }) => info.logTypes.join(' or '),
  );
  return [...byType].map(([name, of]) => `${name} (${of.length})`).join(', ');
}
