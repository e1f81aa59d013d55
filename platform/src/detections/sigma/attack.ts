/** Tags of rules as reports: tactics and techniques of MITRE ATT&CK, vulnerabilities, analytics. */

/** By the name that tags have, which write it with `-`, or with `_` before 2024. */
const TACTICS: Readonly<Record<string, string>> = {
  reconnaissance: 'TA0043',
  'resource-development': 'TA0042',
  'initial-access': 'TA0001',
  execution: 'TA0002',
  persistence: 'TA0003',
  'privilege-escalation': 'TA0004',
  'defense-evasion': 'TA0005',
  stealth: 'TA0005',
  'defense-impairment': 'TA0112',
  'credential-access': 'TA0006',
  discovery: 'TA0007',
  'lateral-movement': 'TA0008',
  collection: 'TA0009',
  exfiltration: 'TA0010',
  'command-and-control': 'TA0011',
  impact: 'TA0040',
};

/**
 * Techniques come after the tactics that they serve, so `[execution, t1059, impact, t1486]` are two pairs. One that has
 * no tactic before it belongs to those that come later; without any it stands alone, as does a tactic without technique.
 */
export function reportsOf(tags: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const lower = tags.map((tag) => tag.toLowerCase());
  const reports = {
    'MITRE ATT&CK': attackOf(lower),
    CVE: lower.flatMap((tag) => (/^cve\.\d{4}[-.]\d+$/.test(tag) ? [`CVE-${tag.slice(4).replace('.', '-')}`] : [])),
    'MITRE CAR': lower.flatMap((tag) => (tag.startsWith('car.') ? [`CAR-${tag.slice(4)}`] : [])),
  };
  return Object.fromEntries(Object.entries(reports).filter(([, ids]) => ids.length > 0));
}

interface Group {
  readonly tactics: string[];
  readonly techniques: string[];
}

function attackOf(tags: readonly string[]): readonly string[] {
  const groups: Group[] = [];
  for (const tag of tags) {
    if (!tag.startsWith('attack.')) continue;
    const name = tag.slice('attack.'.length).replaceAll('_', '-');
    const tactic = tacticOf(name);
    if (tactic !== undefined) groupFor(groups, true).tactics.push(tactic);
    else if (/^t\d{4}(?:\.\d{3})?$/.test(name)) groupFor(groups, false).techniques.push(name.toUpperCase());
  }
  return [...new Set(groups.flatMap(pairs))];
}

function tacticOf(name: string): string | undefined {
  if (Object.hasOwn(TACTICS, name)) return TACTICS[name];
  return /^ta\d{4}$/.test(name) ? name.toUpperCase() : undefined;
}

/** A tactic after techniques that have theirs begins a new group. */
function groupFor(groups: Group[], isTactic: boolean): Group {
  const last = groups.at(-1);
  if (last !== undefined && !(isTactic && last.tactics.length > 0 && last.techniques.length > 0)) return last;
  const group = { tactics: [], techniques: [] };
  groups.push(group);
  return group;
}

function pairs({ tactics, techniques }: Group): readonly string[] {
  if (tactics.length === 0 || techniques.length === 0) return [...tactics, ...techniques];
  return tactics.flatMap((tactic) => techniques.map((technique) => `${tactic}:${technique}`));
}
