/** The systems that executables are built for. */
import { join } from 'node:path';

export type System = 'linux' | 'linux-musl' | 'darwin' | 'windows';
export type Architecture = 'x64' | 'arm64';

export interface Target {
  /** Folder below `out/bin`, and the name on the command line: `linux/x64`. */
  readonly name: `${System}/${Architecture}`;
  readonly system: System;
  readonly architecture: Architecture;
  /** Package of the runtime, and what Bun calls it. */
  readonly runtime: string;
  readonly bunTarget: string;
  /** Package of DuckDB's library. */
  readonly duckdb: string;
  readonly extension: '' | '.exe';
}

const SYSTEMS: readonly System[] = ['linux', 'linux-musl', 'darwin', 'windows'];
const ARCHITECTURES: readonly Architecture[] = ['x64', 'arm64'];

export const TARGETS: readonly Target[] = SYSTEMS.flatMap((system) =>
  ARCHITECTURES.map((architecture) => describe(system, architecture)),
);

function describe(system: System, architecture: Architecture): Target {
  const [base, libc] = system === 'linux-musl' ? ['linux', '-musl'] : [system, ''];
  // The Linux runtimes choose the instructions that the processor has; the others have a build without AVX2 for old ones.
  const old = architecture === 'x64' && base !== 'linux' ? '-baseline' : '';
  const bunCpu = architecture === 'arm64' ? 'aarch64' : 'x64';
  const duckdbSystem = base === 'windows' ? 'win32' : base;
  return {
    name: `${system}/${architecture}`,
    system,
    architecture,
    runtime: `@oven/bun-${base}-${bunCpu}${libc}${old}`,
    bunTarget: `bun-${base}-${architecture}${libc}${old}`,
    duckdb: `@duckdb/node-bindings-${duckdbSystem}-${architecture}${libc}`,
    extension: base === 'windows' ? '.exe' : '',
  };
}

/** The runtime that does the building, on the machine at hand. */
export function hostTarget(): Target {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const host = TARGETS.find(({ name }) => name === `${system}/${process.arch}`);
  if (!host) throw new Error(`executables are built on linux, darwin and windows; not on ${system} ${process.arch}`);
  return host;
}

/** The executable of a runtime inside its package. */
export function runtimeFile(folder: string, { extension }: Target): string {
  return join(folder, 'bin', `bun${extension}`);
}
