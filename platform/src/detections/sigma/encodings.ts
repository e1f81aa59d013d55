/** How attackers hide texts: Base64 and UTF-16. Bytes are kept as texts of characters up to U+00FF. */

export function toUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function toUtf16(text: string, order: 'le' | 'be'): string {
  const bytes = Buffer.from(text, 'utf16le');
  return (order === 'be' ? bytes.swap16() : bytes).toString('latin1');
}

export function toBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}

/** Characters at the start that depend on what stands before, by the number of bytes before modulo 3. */
const CUT_START = [0, 2, 3] as const;
/** Characters at the end that depend on what follows, by the number of bytes modulo 3. */
const CUT_END = [0, 3, 2] as const;

/** The part of the Base64 text that is the same wherever the bytes stand in a longer one: one for each of three places. */
export function base64Offsets(bytes: string): readonly string[] {
  return CUT_START.map((cut, offset) => {
    const encoded = toBase64('\0'.repeat(offset) + bytes);
    return encoded.slice(cut, encoded.length - (CUT_END[(bytes.length + offset) % 3] as number));
  });
}
