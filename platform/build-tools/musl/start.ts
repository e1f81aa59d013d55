/**
 * Makes an executable for musl systems self-contained: appends the C++ runtime, which a plain musl system does not have,
 * and the code of `start.c`, which hands it to the system's loader.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf, neededLibraries, PT, renameNeeded, segments, setEntry, writeCodeSegment } from '../elf.ts';
import type { Architecture } from '../targets.ts';
import { type CxxRuntime, withLibgcc } from './cxx-runtime.ts';

/** Below 256, to which some systems limit open files; above what a shell hands down. */
const DESCRIPTORS = { libstdcxx: 253, libgcc: 254 } as const;
const CODE: Readonly<Record<Architecture, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'start.json'), 'utf8'),
);
const LOADER: Readonly<Record<Architecture, string>> = {
  x64: '/lib/ld-musl-x86_64.so.1',
  arm64: '/lib/ld-musl-aarch64.so.1',
};
const LOADER_BYTES = 64;
/** The largest page of both architectures. */
const PAGE = 0x10000;

export function makeSelfContained(executable: Buffer, runtime: CxxRuntime, architecture: Architecture): Buffer {
  const code = Buffer.from(CODE[architecture], 'base64');
  const name = Buffer.from(`${pathOf(DESCRIPTORS.libstdcxx)}\0`);
  const libstdcxx = withLibgcc(runtime.libstdcxx, pathOf(DESCRIPTORS.libgcc));
  const codeOffset = pageAfter(executable.length);
  const libstdcxxOffset = pageAfter(codeOffset + PAGE);
  const libgccOffset = pageAfter(libstdcxxOffset + libstdcxx.length);
  const config = configBytes(LOADER[architecture], entryOf(executable), [
    [libgccOffset, runtime.libgcc.length, DESCRIPTORS.libgcc],
    [libstdcxxOffset, libstdcxx.length, DESCRIPTORS.libstdcxx],
  ]);
  const start = Buffer.concat([code, config, name]);

  const result = Buffer.alloc(libgccOffset + runtime.libgcc.length);
  executable.copy(result);
  start.copy(result, codeOffset);
  libstdcxx.copy(result, libstdcxxOffset);
  runtime.libgcc.copy(result, libgccOffset);
  startWith(result, codeOffset, start.length, start.length - name.length);
  return result;
}

/** Lets the kernel start our code, and the loader take libstdc++ from the memory file that it makes. */
function startWith(file: Buffer, offset: number, size: number, namePosition: number): void {
  const parts = segments(file);
  const interpreter = parts.find(({ type }) => type === PT.INTERP);
  const libstdcxx = neededLibraries(file).find(({ name }) => name === 'libstdc++.so.6');
  if (!interpreter || !libstdcxx) throw new Error('the runtime for musl is not linked as it was');
  const ends = parts.filter(({ type }) => type === PT.LOAD).map((each) => each.address + each.memorySize);
  const address = pageAfter(Math.max(...ends));
  renameNeeded(file, libstdcxx, address + namePosition);
  // With an interpreter the kernel would start that one; its header is where ours has room.
  writeCodeSegment(file, interpreter.header, offset, address, size, PAGE);
  setEntry(file, address);
}

/** `struct config` of `start.c`. */
function configBytes(loader: string, entry: number, libraries: readonly (readonly number[])[]): Buffer {
  const numbers = [entry, ...libraries.flat()];
  const bytes = Buffer.alloc(LOADER_BYTES + numbers.length * 8);
  bytes.write(loader);
  for (const [index, value] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(value), LOADER_BYTES + index * 8);
  return bytes;
}

function pathOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function pageAfter(position: number): number {
  return Math.ceil(position / PAGE) * PAGE;
}
