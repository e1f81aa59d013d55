/**
 * Secrets sealed with AES-256-GCM by keys in a file that only its owner may read. The context is authenticated.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { NONCE_BYTES, openText, parseSealedText, sealText } from '../../core/sealed-text.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { hasCode, placeFile, syncFolder } from './durable-files.ts';

const keyFileSchema = z.object({
  current: z.string(),
  keys: z.array(z.object({ id: z.string().regex(/^[0-9a-f]{8}$/), key: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
});

type KeyFile = z.output<typeof keyFileSchema>;

/**
 * Opens the key file, or makes it.
 * @throws UserError when others than its owner may read it, or when it is damaged
 */
export async function openKeyFileSecrets(path: string): Promise<Secrets> {
  let file = (await readKeyFile(path)) ?? (await createKeyFile(path));

  /** Another process may have rotated since. */
  async function findKey(id: string): Promise<Buffer> {
    const find = () => file.keys.find((key) => key.id === id)?.key;
    if (find() === undefined) file = (await readKeyFile(path)) ?? file;
    const key = find();
    if (key === undefined)
      throw new UserError(`the key ${id} is not in ${path}: restore that file from the backup it belongs to`);
    return Buffer.from(key, 'hex');
  }

  return {
    seal: async (plaintext, context) => {
      const key = { id: file.current, bytes: await findKey(file.current) };
      return sealText(key, randomBytes(NONCE_BYTES), plaintext, context);
    },
    open: async (sealed, context) => {
      const { keyId: id } = parseSealedText(sealed);
      return openText({ id, bytes: await findKey(id) }, sealed, context);
    },
    rotate: async () => {
      const known = (await readKeyFile(path)) ?? file;
      const key = newKey();
      file = { current: key.id, keys: [...known.keys, key] };
      await writeKeyFile(path, file, { ifAbsent: false });
    },
    isCurrent: (sealed) => parseSealedText(sealed).keyId === file.current,
  };
}

function newKey() {
  return { id: randomBytes(4).toString('hex'), key: randomBytes(32).toString('hex') };
}

async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  try {
    // Windows has no such permissions: there the file is as private as its folder.
    const isShared = process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0;
    if (isShared) throw new UserError(`others may read the key file ${path}: run chmod 600 ${path}`, { file: path });
    return keyFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    if (!(cause instanceof SyntaxError) && !(cause instanceof z.ZodError)) throw cause;
    throw new UserError(`the key file ${path} is damaged: restore it from a backup`, { file: path }, { cause });
  }
}

/** Of several processes that make it at once, one wins. */
async function createKeyFile(path: string): Promise<KeyFile> {
  await mkdir(dirname(path), { recursive: true });
  const key = newKey();
  await writeKeyFile(path, { current: key.id, keys: [key] }, { ifAbsent: true });
  const written = await readKeyFile(path);
  if (written === undefined) throw new Error(`the key file ${path} was removed while it was made`);
  return written;
}

async function writeKeyFile(path: string, file: KeyFile, options: { readonly ifAbsent: boolean }): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (options.ifAbsent) {
    await placeFile(temporary, path, options);
    await rm(temporary, { force: true });
    return;
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
