/** As much of Mach-O as is needed to take one program out of a universal one, and to sign it for the machine it runs on. */
import { createHash } from 'node:crypto';
import type { Architecture } from './targets.ts';

const UNIVERSAL = 0xcafebabe;
const CPU: Readonly<Record<Architecture, number>> = { x64: 0x01000007, arm64: 0x0100000c };
const UNIVERSAL_HEADER = 8;
const UNIVERSAL_ENTRY = 20;

const HEADER = 32;
const LC = { SEGMENT_64: 0x19, CODE_SIGNATURE: 0x1d } as const;

/** The part for an architecture; everything that is not universal as it is. Signatures are inside the parts. */
export function onlyArchitecture(file: Buffer, architecture: Architecture): Buffer {
  if (file.readUInt32BE(0) !== UNIVERSAL) return file;
  for (let index = 0; index < file.readUInt32BE(4); index++) {
    const entry = UNIVERSAL_HEADER + index * UNIVERSAL_ENTRY;
    if (file.readUInt32BE(entry) !== CPU[architecture]) continue;
    const offset = file.readUInt32BE(entry + 8);
    return file.subarray(offset, offset + file.readUInt32BE(entry + 12));
  }
  throw new Error(`a universal binary has no part for ${architecture}`);
}

export interface LoadCommand {
  readonly type: number;
  readonly at: number;
}

export function loadCommands(file: Buffer): LoadCommand[] {
  const commands: LoadCommand[] = [];
  for (let index = 0, at = HEADER; index < file.readUInt32LE(16); index++) {
    commands.push({ type: file.readUInt32LE(at), at });
    at += file.readUInt32LE(at + 4);
  }
  return commands;
}

const PAGE_SHIFT = 12;
const PAGE = 1 << PAGE_SHIFT;
const HASH_SIZE = 32;
const BLOB = { SIGNATURE: 0xfade0cc0, CODE_DIRECTORY: 0xfade0c02 } as const;
const DIRECTORY = { VERSION: 0x20400, SIZE: 88, AD_HOC: 0x2, SHA256: 2, MAIN_BINARY: 1 } as const;

/**
 * Replaces the signature by one that only says that nothing was changed, as Apple's `codesign --sign -` does. Compiling
 * adds to the signed runtime, so its own signature is wrong afterwards, and macOS ends such a program.
 */
export function signAdHoc(executable: Buffer, identifier: string): Buffer {
  const commands = loadCommands(executable);
  const signature = commands.find(({ type }) => type === LC.CODE_SIGNATURE);
  if (!signature) throw new Error('a Mach-O program without room for a signature');
  const codeSize = executable.readUInt32LE(signature.at + 8);
  const size = signatureSize(codeSize, identifier);
  const file = Buffer.concat([executable.subarray(0, codeSize), Buffer.alloc(size)]);
  file.writeUInt32LE(size, signature.at + 12);
  const text = segment(file, commands, '__TEXT');
  const links = segment(file, commands, '__LINKEDIT');
  const linksSize = file.length - Number(file.readBigUInt64LE(links.at + 40));
  file.writeBigUInt64LE(BigInt(Math.ceil(linksSize / 0x4000) * 0x4000), links.at + 32);
  file.writeBigUInt64LE(BigInt(linksSize), links.at + 48);
  writeSignature(file, codeSize, identifier, Number(file.readBigUInt64LE(text.at + 48)));
  return file;
}

function segment(file: Buffer, commands: readonly LoadCommand[], name: string): LoadCommand {
  const isNamed = ({ at }: LoadCommand) => file.toString('latin1', at + 8, at + 24).replace(/\0+$/, '') === name;
  const found = commands.find((command) => command.type === LC.SEGMENT_64 && isNamed(command));
  if (!found) throw new Error(`a Mach-O program without ${name}`);
  return found;
}

function pages(codeSize: number): number {
  return Math.ceil(codeSize / PAGE);
}

function signatureSize(codeSize: number, identifier: string): number {
  return Math.ceil((20 + DIRECTORY.SIZE + identifier.length + 1 + pages(codeSize) * HASH_SIZE) / 16) * 16;
}

/** A signature of one blob, the directory of hashes; big endian. */
function writeSignature(file: Buffer, at: number, identifier: string, textSize: number): void {
  const hashes = DIRECTORY.SIZE + identifier.length + 1;
  const length = hashes + pages(at) * HASH_SIZE;
  const directory = at + 20;
  const start = [BLOB.SIGNATURE, 20 + length, 1, 0, 20];
  const head = [
    BLOB.CODE_DIRECTORY,
    length,
    DIRECTORY.VERSION,
    DIRECTORY.AD_HOC,
    hashes,
    DIRECTORY.SIZE,
    0,
    pages(at),
    at,
  ];
  for (const [index, value] of [...start, ...head].entries()) file.writeUInt32BE(value, at + index * 4);
  file.set([HASH_SIZE, DIRECTORY.SHA256, 0, PAGE_SHIFT], directory + 36);
  file.writeBigUInt64BE(BigInt(textSize), directory + 72);
  file.writeBigUInt64BE(BigInt(DIRECTORY.MAIN_BINARY), directory + 80);
  file.write(identifier, directory + DIRECTORY.SIZE, 'latin1');
  for (let page = 0; page < pages(at); page++) {
    const content = file.subarray(page * PAGE, Math.min((page + 1) * PAGE, at));
    file.set(createHash('sha256').update(content).digest(), directory + hashes + page * HASH_SIZE);
  }
}

/** Whether the signature covers the whole program, and fits it. */
export function isSigned(file: Buffer): boolean {
  const signature = loadCommands(file).find(({ type }) => type === LC.CODE_SIGNATURE);
  if (!signature) return false;
  const at = file.readUInt32LE(signature.at + 8);
  if (file.readUInt32BE(at) !== BLOB.SIGNATURE || at + file.readUInt32LE(signature.at + 12) !== file.length)
    return false;
  const directory = at + file.readUInt32BE(at + 16);
  const hashes = directory + file.readUInt32BE(directory + 16);
  const isWhole = file.readUInt32BE(directory + 32) === at && file.readUInt32BE(directory + 28) === pages(at);
  return (
    isWhole && Array.from({ length: pages(at) }, (_, page) => page).every((page) => isIntact(file, at, hashes, page))
  );
}

function isIntact(file: Buffer, codeSize: number, hashes: number, page: number): boolean {
  const content = file.subarray(page * PAGE, Math.min((page + 1) * PAGE, codeSize));
  const stored = file.subarray(hashes + page * HASH_SIZE, hashes + (page + 1) * HASH_SIZE);
  return createHash('sha256').update(content).digest().equals(stored);
}
