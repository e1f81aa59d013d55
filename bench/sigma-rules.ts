/** Sigma rules and Windows process events for the bench, alike in form to what teams run; the same on every run. */

const TOOLS = (
  'powershell cmd rundll32 regsvr32 mshta wscript cscript certutil bitsadmin schtasks reg sc net net1 wmic whoami ' +
  'nltest quser tasklist taskkill vssadmin wbadmin bcdedit fsutil wevtutil msiexec installutil regasm msbuild csc ' +
  'cmstp forfiles pcalua hh ieexec mavinject odbcconf control explorer findstr curl ftp finger expand extrac32 ' +
  'makecab esentutl diskshadow ntdsutil dsquery adfind procdump psexec rar 7z robocopy xcopy ssh plink python node ' +
  'java sqlcmd bash wsl conhost svchost services lsass winlogon spoolsv taskhostw dllhost chrome msedge teams outlook ' +
  'winword excel powerpnt onenote acrord32 notepad mmc gpupdate gpresult ipconfig netsh route arp ping nslookup ' +
  'tracert hostname systeminfo cipher icacls takeown attrib where tar ssh-keygen at cmdkey runas dnscmd dsmod klist'
).split(' ');
const WORDS = (
  'download upload encoded hidden bypass policy invoke expression webclient string file http https temp public users ' +
  'appdata roaming local programdata windows system32 syswow64 tasks startup service create delete query add export ' +
  'save sam security shadow copy list stop start disable enable firewall rule remote admin share password domain user ' +
  'group computers controllers trust session process dump memory full mini token privilege debug inject module load ' +
  'script block logging history clear event log archive compress extract encode decode split join replace char byte ' +
  'stream socket connect listen port proxy tunnel forward reverse shell command execute silent quiet install uninstall ' +
  'registry key value run once winlogon image options debugger hijack default extension class object scriptlet sct hta ' +
  'vbs js ps1 bat dll exe ocx cpl xml csv json config profile credential vault ticket hash kerberos delegation replica'
).split(' ');
/** Rules look for far more texts than a day's command lines have. */
const RARE = WORDS.flatMap((one, index) => [3, 29, 71, 113].map((step) => one + WORDS[(index + step) % WORDS.length]));
const FOLDERS = [
  'C:\\Windows\\System32',
  'C:\\Windows\\SysWOW64',
  'C:\\Program Files\\Vendor',
  'C:\\Users\\alice\\AppData\\Local\\Temp',
  'C:\\Program Files (x86)\\Vendor',
  'C:\\ProgramData',
  'C:\\Users\\Public',
  'C:\\Windows',
];
const USERS = ['CORP\\alice', 'CORP\\bob', 'NT AUTHORITY\\SYSTEM', 'CORP\\svc-deploy', 'NT AUTHORITY\\LOCAL SERVICE'];
/** What runs all day long; the rest of the tools is rare. */
const BUSY = TOOLS.filter((name) =>
  /^(svchost|conhost|chrome|msedge|teams|cmd|powershell|explorer|taskhostw)$/.test(name),
);

type Random = (below: number) => number;

/** A small generator of numbers that are the same everywhere. */
function random(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pick<T>(from: readonly T[], next: Random): T {
  return from[next(from.length)] as T;
}

export function makeRules(count: number): readonly string[] {
  const next = random(count);
  return Array.from({ length: count }, (_, index) => makeRule(index, next));
}

function makeRule(index: number, next: Random): string {
  const tool = pick(TOOLS, next);
  const kind = next(100);
  const lines = [
    `title: Bench rule ${index}`,
    `id: 00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    `status: test`,
    `level: ${pick(['low', 'medium', 'high'], next)}`,
    'tags: [attack.execution, attack.t1059]',
    'logsource: {category: process_creation, product: windows}',
    'detection:',
  ];
  const image = [
    '  selection_img:',
    `    - Image|endswith: '\\${tool}.exe'`,
    `    - OriginalFileName: '${tool.toUpperCase()}.EXE'`,
  ];
  const cli = (modifier: string, many: number) => [
    '  selection_cli:',
    `    CommandLine|${modifier}:`,
    ...Array.from({ length: many }, () => `      - '${fragment(next)}'`),
  ];
  const filter = [
    '  filter_main_vendor:',
    `    ParentImage|startswith: '${pick(FOLDERS, next)}\\${pick(WORDS, next)}'`,
  ];
  if (kind < 45) lines.push(...image, ...cli('contains', 1 + next(6)), ...condition('all of selection_*'));
  else if (kind < 65)
    lines.push(
      ...image,
      ...cli('contains|all', 2 + next(3)),
      ...filter,
      ...condition('all of selection_* and not 1 of filter_main_*'),
    );
  else if (kind < 75) lines.push(...image, ...cli('contains|windash', 1 + next(3)), ...condition('all of selection_*'));
  else if (kind < 85) lines.push(...parent(tool, next), ...image, ...condition('selection_parent and selection_img'));
  else if (kind < 96) lines.push(...cli('contains|all', 2 + next(3)), ...condition('selection_cli'));
  else if (kind < 98)
    lines.push(
      '  selection:',
      `    CommandLine|re: '${pick(WORDS, next)}\\s+[-/]${pick(WORDS, next)}\\s+\\d{2,}'`,
      ...condition('selection'),
    );
  else
    lines.push(
      '  selection:',
      `    Image|startswith: '${pick(FOLDERS, next)}\\${pick(WORDS, next)}${next(1_000)}'`,
      `    CommandLine: '*${fragment(next)}*${fragment(next)}*'`,
      ...condition('selection'),
    );
  return `${lines.join('\n')}\n`;
}

function parent(tool: string, next: Random): readonly string[] {
  return [
    '  selection_parent:',
    '    ParentImage|endswith:',
    ...[tool, pick(TOOLS, next)].map((name) => `      - '\\${name}.exe'`),
  ];
}

function condition(text: string): readonly string[] {
  return [`  condition: ${text}`];
}

/** Part of a command line, as rules look for it. */
function fragment(next: Random): string {
  const words = next(10) < 7 ? RARE : WORDS;
  const [one, two] = [pick(words, next), pick(words, next)];
  return pick(
    [` -${one}`, `/${one} `, `\\${one}\\${two}`, `${one}-${two}`, `.${one}(`, ` ${one}=${two}`, `${one}${next(100)}`],
    next,
  );
}

/** As lines of NDJSON; others for each `piece`. */
export function makeEvents(count: number, piece = 0): readonly string[] {
  const next = random(7 + piece);
  return Array.from({ length: count }, (_, index) => JSON.stringify(makeEvent(index, next)));
}

function makeEvent(index: number, next: Random): object {
  const tool = pick(next(10) < 8 ? BUSY : TOOLS, next);
  const folder = pick(FOLDERS, next);
  const args = Array.from({ length: 2 + next(10) }, () => argument(next));
  const parentTool = pick(next(100) < 95 ? BUSY : TOOLS, next);
  return {
    EventID: 1,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    Computer: `host-${next(500)}.corp.example.com`,
    UtcTime: '2026-01-02 03:04:05.678',
    ProcessGuid: `{c3a1f5d2-0000-4000-8000-${String(index).padStart(12, '0')}}`,
    ProcessId: 4 + next(30_000),
    Image: `${folder}\\${tool}.exe`,
    FileVersion: '10.0.19041.1 (WinBuild.160101.0800)',
    Description: 'Windows component',
    Product: 'Microsoft Windows Operating System',
    Company: 'Microsoft Corporation',
    OriginalFileName: `${tool}.exe`,
    CommandLine: `"${folder}\\${tool}.exe" ${args.join(' ')}`,
    CurrentDirectory: `${pick(FOLDERS, next)}\\`,
    User: pick(USERS, next),
    LogonGuid: '{c3a1f5d2-1111-4000-8000-000000000001}',
    LogonId: '0x3e7',
    TerminalSessionId: next(3),
    IntegrityLevel: pick(['Medium', 'High', 'System'], next),
    Hashes: `SHA256=${hex(next, 64)},IMPHASH=${hex(next, 32)}`,
    ParentProcessGuid: `{c3a1f5d2-2222-4000-8000-${String(next(1_000_000)).padStart(12, '0')}}`,
    ParentProcessId: 4 + next(30_000),
    ParentImage: `${pick(FOLDERS, next)}\\${parentTool}.exe`,
    ParentCommandLine: `${parentTool}.exe ${argument(next)}`,
    p_log_type: 'Windows.EventLogs',
    p_row_id: String(index),
    p_event_time: '2026-01-02 03:04:05.678000000',
  };
}

function argument(next: Random): string {
  const words = next(10) < 2 ? RARE : WORDS;
  const [one, two] = [pick(words, next), pick(words, next)];
  return pick(
    [
      `-${one}`,
      `/${one}`,
      `--${one}=${two}`,
      `C:\\Users\\alice\\${one}\\${two}.dat`,
      `${one}-${two}`,
      `${next(65_536)}`,
      `"${one} ${two}"`,
    ],
    next,
  );
}

function hex(next: Random, length: number): string {
  let text = '';
  while (text.length < length)
    text += next(2 ** 24)
      .toString(16)
      .padStart(6, '0');
  return text.slice(0, length);
}
