/**
 * Folders that look like another machine: nothing but the system's loader and C library, for either architecture, with
 * either C library. Programs run in them as the root of the file system, in namespaces of their own; arm64 through an
 * emulator that the kernel calls.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { exitStatus } from './run-tests.ts';

export type Machine = 'linux/x64' | 'linux/arm64' | 'linux-musl/x64' | 'linux-musl/arm64';

interface Kind {
  /** Debian's name of the architecture; its packages are taken for what this machine does not have itself. */
  readonly architecture: 'amd64' | 'arm64';
  readonly packages: readonly string[];
  /** Where in the packages a file is, and where it belongs in the root. */
  readonly files: readonly (readonly [from: string, to: string])[];
}

/** C++ is what `compact` asks of glibc systems; every distribution's base has it, its package manager is made of it. */
const GLIBC = ['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2', 'libstdc++.so.6', 'libgcc_s.so.1'];
const GLIBC_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];

const KINDS: Readonly<Record<Machine, Kind>> = {
  'linux/x64': {
    architecture: 'amd64',
    packages: GLIBC_PACKAGES,
    files: [
      ['**/ld-linux-x86-64.so.2', 'lib64'],
      ...GLIBC.map((name) => [`**/x86_64-linux-gnu/${name}`, 'lib/x86_64-linux-gnu'] as const),
    ],
  },
  'linux/arm64': {
    architecture: 'arm64',
    packages: GLIBC_PACKAGES,
    files: [
      ['**/ld-linux-aarch64.so.1', 'lib'],
      ...GLIBC.map((name) => [`**/aarch64-linux-gnu/${name}`, 'lib/aarch64-linux-gnu'] as const),
    ],
  },
  'linux-musl/x64': { architecture: 'amd64', packages: ['musl'], files: [['**/libc.so', 'lib/ld-musl-x86_64.so.1']] },
  'linux-musl/arm64': {
    architecture: 'arm64',
    packages: ['musl'],
    files: [['**/libc.so', 'lib/ld-musl-aarch64.so.1']],
  },
};

/** Debian's release whose packages are taken: the first with a musl that today's musl binaries run on. */
const RELEASE = 'trixie';

export interface ProgramRun {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EmptyRoot {
  readonly folder: string;
  /** Everything in it before the first program is put there. */
  readonly contents: readonly string[];
  /** `program` is a path in the root, such as `/requeue`. No variable of this process is handed on. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ProgramRun>;
}

/** Why no root can be made here; undefined where one can. */
export function reasonAgainst(machine: Machine): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x64';
  if (!has('apt-get') || !has('dpkg-deb')) return "needs Debian's package tools";
  if (spawnSync('unshare', ['-r', '-m', 'true']).status !== 0) return 'needs user namespaces';
  const emulates = spawnSync('unshare', ['-r', '-m', 'sh', '-c', `mount -t binfmt_misc none ${BINFMT}`]).status === 0;
  return machine.endsWith('arm64') && !emulates ? 'needs Linux 6.7 for an emulator in a namespace' : undefined;
}

export function makeEmptyRoot(machine: Machine, cacheDir: string, folder: string): EmptyRoot {
  const { architecture, packages, files } = KINDS[machine];
  const source = debianPackages(architecture, packages, cacheDir);
  for (const inside of ['proc', 'tmp']) mkdirSync(join(folder, inside), { recursive: true });
  for (const [from, to] of files) {
    const [found] = globSync(from, { cwd: source });
    if (!found) throw new Error(`${packages.join(', ')} for ${architecture} have no ${from}`);
    const target = /\.so[.\d]*$/.test(to) ? join(folder, to) : join(folder, to, basename(from));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(join(source, found)), target);
  }
  const emulator = architecture === 'arm64' ? emulatorFile(cacheDir) : undefined;
  const contents = globSync('**', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/${join(entry.parentPath, entry.name).slice(folder.length + 1)}`);
  return { folder, contents: contents.sort(), run: (...what) => enter(folder, emulator, ...what) };
}

const BINFMT = '/proc/sys/fs/binfmt_misc';
/** Programs for arm64, as `binfmt_misc` recognises them: the first 20 bytes, and which bits of them count. */
const ARM64 =
  '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';

async function enter(
  folder: string,
  emulator: string | undefined,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const script = [
    // Before /proc is bound into the root, so that both see it.
    ...(emulator ? [`mount -t binfmt_misc none ${BINFMT}`, `printf '%s' "$EMULATOR" > ${BINFMT}/register`] : []),
    'mount --rbind /proc "$ROOT/proc"',
    'chroot=$(command -v chroot)',
    'exec env -i "$@"',
  ].join(' && ');
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const command = [
    'sh',
    '-c',
    script.replace('"$@"', `${variables.map(quoted).join(' ')} "$chroot" "$ROOT" "$@"`),
    'sh',
  ];
  const child = spawn('unshare', ['-r', '-m', '--propagation', 'private', ...command, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      ROOT: folder,
      ...(emulator && { EMULATOR: `:panther-arm64:M::${ARM64}:${emulator}:OF` }),
    },
  });
  const [status, stdout, stderr] = await Promise.all([exitStatus(child), text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function emulatorFile(cacheDir: string): string {
  const system = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? RELEASE;
  const folder = debianPackages('amd64', ['qemu-user-static'], cacheDir, system);
  return join(folder, 'usr', 'bin', 'qemu-aarch64-static');
}

/** A folder with the files of packages, fetched with lists of its own: nothing of this machine changes. */
function debianPackages(
  architecture: string,
  packages: readonly string[],
  cacheDir: string,
  release = RELEASE,
): string {
  const folder = join(cacheDir, `debian-${release}-${architecture}-${packages.join('-')}`);
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.${process.pid}`;
  rmSync(scratch, { recursive: true, force: true });
  for (const each of ['lists/partial', 'archives/partial', 'parts', 'files'])
    mkdirSync(join(scratch, each), { recursive: true });
  writeFileSync(join(scratch, 'status'), '');
  writeFileSync(join(scratch, 'sources.list'), `deb ${mirror()} ${release} main\n`);
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Dir::State': scratch,
    'Dir::State::lists': join(scratch, 'lists'),
    'Dir::State::status': join(scratch, 'status'),
    'Dir::Cache': scratch,
    'Dir::Etc::sourcelist': join(scratch, 'sources.list'),
    'Dir::Etc::sourceparts': join(scratch, 'parts'),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = (...args: string[]) =>
    execFileSync('apt-get', ['-q', ...options, ...args], { cwd: scratch, stdio: 'pipe' });
  apt('update');
  apt('download', ...packages);
  for (const file of globSync('*.deb', { cwd: scratch }))
    execFileSync('dpkg-deb', ['-x', join(scratch, file), join(scratch, 'files')]);
  renameSync(join(scratch, 'files'), folder);
  rmSync(scratch, { recursive: true });
  return folder;
}

/** Where this machine takes Debian's packages from. */
function mirror(): string {
  const text = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*')]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const found = /^URIs: *(\S+)/m.exec(text) ?? /^deb (?:\[.*\] )?(\S+)/m.exec(text);
  if (!found?.[1]) throw new Error('this machine has no source of Debian packages');
  return found[1];
}

function has(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}
