/**
 * Maps object keys to relative file paths and back.
 *
 * A key of plain lower-case words is its own path (`logs/t/year=2026/x.parquet`). Everything else is escaped so that
 * different keys are different files on every file system (no letter case, no Unicode forms, no reserved names):
 *
 * - `%xx` stands for a byte other than `a-z 0-9 _ = + , @ ~ -`; a dot stays where it precedes a letter or digit of a
 *   file's name.
 * - Names of files always have a dot, names of folders never: a key may continue another (`a` and `a/b`). A file
 *   without a dot gets `.%`. An empty folder name is `%`.
 * - A name of 200 characters or more is cut into folders `…%+` and a last part.
 */

/** The longest names of file systems have 255 bytes; an escape may go over a cut. */
const CUT = 200;
const MAX_KEY_BYTES = 1_024;
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/;

/** `text` has one character per byte (`latin1`), since a cut may be inside a character. */
export interface PathPart {
  /** The keys below a `folder` start with its text and a slash, those below a `cut` with its text. */
  readonly kind: 'folder' | 'cut' | 'file';
  readonly text: string;
}

/**
 * Names from the bucket's folder down to the file.
 * @throws RangeError for what is not a key
 */
export function pathOfKey(key: string): string[] {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > MAX_KEY_BYTES || !key.isWellFormed()) {
    throw new RangeError(`an object key must be UTF-8 text of 1 to ${MAX_KEY_BYTES} bytes: ${JSON.stringify(key)}`);
  }
  const segments = key.split('/');
  const file = segments.pop() ?? '';
  return [...segments.flatMap((segment) => folderNames(segment)), ...fileNames(file)];
}

/** What a name found in a folder stands for; `undefined` for a name that no key has. */
export function parsePathPart(name: string, isFolder: boolean): PathPart | undefined {
  if (!isFolder) return name.includes('.') ? part('file', name.replace(/\.%$/, '')) : undefined;
  if (name.endsWith('%+')) return part('cut', name.slice(0, -2));
  return name.includes('.') ? undefined : part('folder', name === '%' ? '' : name);
}

function part(kind: PathPart['kind'], escaped: string): PathPart | undefined {
  if (!/^([a-z0-9_=+,@~.-]|%[0-9a-f]{2})*$/.test(escaped)) return undefined;
  const character = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 16));
  return { kind, text: escaped.replace(/%([0-9a-f]{2})/g, character) };
}

function folderNames(segment: string): string[] {
  const cuts = cutEscaped(escapeAll(segment));
  const rest = cuts.pop() ?? '';
  return [...cuts.map((cut) => `${cut}%+`), rest === '' ? '%' : rest];
}

function fileNames(segment: string): string[] {
  const cuts = cutEscaped(escapeAll(segment));
  const rest = cuts.pop() ?? '';
  const withDots = escapeReserved(segment, escapeBytes(segment).replace(/\.(?![a-z0-9])/g, '%2e'));
  if (cuts.length === 0 && withDots.includes('.')) return [withDots];
  return [...cuts.map((cut) => `${cut}%+`), `${rest}.%`];
}

function escapeAll(segment: string): string {
  return escapeReserved(segment, escapeBytes(segment).replaceAll('.', '%2e'));
}

/** Windows keeps some names for devices, whatever follows their first dot. */
function escapeReserved(segment: string, escaped: string): string {
  return RESERVED.test(segment) ? `%${hex(escaped.charCodeAt(0))}${escaped.slice(1)}` : escaped;
}

function escapeBytes(segment: string): string {
  if (/^[a-z0-9_=+,@~.-]*$/.test(segment)) return segment;
  const escapeByte = (byte: number) => {
    const character = String.fromCharCode(byte);
    return /[a-z0-9_=+,@~.-]/.test(character) ? character : `%${hex(byte)}`;
  };
  return Array.from(Buffer.from(segment), escapeByte).join('');
}

/** Never inside an escape. Names that begin alike are cut alike, so that what is in a `…%+` is together in every listing. */
function cutEscaped(escaped: string): string[] {
  const parts: string[] = [];
  let rest = escaped;
  while (rest.length >= CUT) {
    const end = /^.*(%|%.)$/s.test(rest.slice(0, CUT)) ? rest.indexOf('%', CUT - 2) + 3 : CUT;
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...parts, rest];
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
