/**
 * Encryption of secrets at rest: a key file with AES-256-GCM, or KMS.
 *
 * Sealed text is opaque, carries the id of its key, and opens only with the same context, so that a sealed value
 * copied to another row is useless.
 */
export interface Secrets {
  seal(plaintext: string, context: string): Promise<string>;
  open(sealed: string, context: string): Promise<string>;
  /** Makes a new key for what is sealed from now on; older values still open. */
  rotate(): Promise<void>;
  /** False when the value was sealed with a key that has been rotated out: seal it again. */
  isCurrent(sealed: string): boolean;
}
