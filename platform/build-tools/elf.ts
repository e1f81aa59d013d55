/** As much of ELF (64 bits, little endian) as is needed to see what an executable asks for, and to add to it. */

const ENTRY = 24;
const HEADERS = 32;
const HEADER_COUNT = 56;
const HEADER_SIZE = 56;
const DYNAMIC_ENTRY_SIZE = 16;
export const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3 } as const;
const DT = { NULL: 0, NEEDED: 1, STRTAB: 5 } as const;
const READ_EXECUTE = 5;

export interface Segment {
  /** Where its header is in the file. */
  readonly header: number;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface NeededLibrary {
  readonly name: string;
  /** Where its name is in the file, and where the value that names it. */
  readonly nameOffset: number;
  readonly valueOffset: number;
}

export function segments(file: Buffer): Segment[] {
  const start = number(file, HEADERS);
  return Array.from({ length: file.readUInt16LE(HEADER_COUNT) }, (_, index) => {
    const header = start + index * HEADER_SIZE;
    return {
      header,
      type: file.readUInt32LE(header),
      offset: number(file, header + 8),
      address: number(file, header + 16),
      fileSize: number(file, header + 32),
      memorySize: number(file, header + 40),
    };
  });
}

/** The libraries that the loader must find. */
export function neededLibraries(file: Buffer): NeededLibrary[] {
  const strings = fileOffset(file, stringsAddress(file));
  return dynamicEntries(file)
    .filter(({ tag }) => tag === DT.NEEDED)
    .map(({ valueOffset, value }) => {
      const nameOffset = strings + value;
      return { name: file.toString('latin1', nameOffset, file.indexOf(0, nameOffset)), nameOffset, valueOffset };
    });
}

/** Makes the loader look for what is written at an address of the program instead. */
export function renameNeeded(file: Buffer, library: NeededLibrary, nameAddress: number): void {
  writeNumber(file, library.valueOffset, nameAddress - stringsAddress(file));
}

export function entryOf(file: Buffer): number {
  return number(file, ENTRY);
}

export function setEntry(file: Buffer, address: number): void {
  writeNumber(file, ENTRY, address);
}

/** Writes the header of a segment of code over another header. */
export function writeCodeSegment(
  file: Buffer,
  header: number,
  offset: number,
  address: number,
  size: number,
  align: number,
): void {
  file.writeUInt32LE(PT.LOAD, header);
  file.writeUInt32LE(READ_EXECUTE, header + 4);
  const values = [offset, address, address, size, size, align];
  for (const [index, value] of values.entries()) writeNumber(file, header + 8 + index * 8, value);
}

function dynamicEntries(file: Buffer): { tag: number; value: number; valueOffset: number }[] {
  const dynamic = segments(file).find(({ type }) => type === PT.DYNAMIC);
  const entries: { tag: number; value: number; valueOffset: number }[] = [];
  if (!dynamic) return entries;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.fileSize; at += DYNAMIC_ENTRY_SIZE) {
    const tag = number(file, at);
    if (tag === DT.NULL) break;
    entries.push({ tag, value: number(file, at + 8), valueOffset: at + 8 });
  }
  return entries;
}

function stringsAddress(file: Buffer): number {
  const entry = dynamicEntries(file).find(({ tag }) => tag === DT.STRTAB);
  if (!entry) throw new Error('an ELF file without names of libraries');
  return entry.value;
}

function fileOffset(file: Buffer, address: number): number {
  const inside = segments(file).find(
    (each) => each.type === PT.LOAD && address >= each.address && address < each.address + each.fileSize,
  );
  if (!inside) throw new Error(`no segment of an ELF file holds address ${address}`);
  return address - inside.address + inside.offset;
}

function number(file: Buffer, at: number): number {
  return Number(file.readBigUInt64LE(at));
}

function writeNumber(file: Buffer, at: number, value: number): void {
  file.writeBigUInt64LE(BigInt(value), at);
}
