/**
 * Text sealed with AES-256-GCM; its context is authenticated, not contained.
 * Form: `panther1.<key id>.<nonce, ciphertext and tag in base64url>`.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const FORMAT = 'panther1';
const TAG_BYTES = 16;
/** Of random bytes, never used twice with one key. */
export const NONCE_BYTES = 12;

export interface SealingKey {
  /** Without a full stop. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

export function sealText(key: SealingKey, nonce: Uint8Array, plaintext: string, context: string): string {
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(Buffer.from(context));
  const bytes = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${FORMAT}.${key.id}.${bytes.toString('base64url')}`;
}

/** @throws Error when it is not a sealed text, or was changed, or has another context. */
export function openText(key: SealingKey, sealed: string, context: string): string {
  const { bytes } = parseSealedText(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const ciphertext = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
  } catch (cause) {
    throw new Error('a sealed value does not open: it was changed, or belongs somewhere else', { cause });
  }
}

/** @throws Error when it is not a sealed text. */
export function parseSealedText(sealed: string): { readonly keyId: string; readonly bytes: Buffer } {
  const [format, keyId = '', text = '', ...rest] = sealed.split('.');
  const bytes = Buffer.from(text, 'base64url');
  const isWhole = format === FORMAT && rest.length === 0 && bytes.length >= NONCE_BYTES + TAG_BYTES;
  if (!isWhole) throw new Error('not a sealed value');
  return { keyId, bytes };
}
