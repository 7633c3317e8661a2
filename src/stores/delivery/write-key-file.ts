import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { Unavailable } from '../../core/errors.ts';

const ONLY_OWNER = 0o600;

/**
 * Puts a key into a file in one step: whoever reads the file sees the old key or the new one, whole.
 *
 * Safety: readable by its owner only; the folder of the file must really lie inside of the allowed one, whatever links
 * there are; a link in place of the file is replaced, not followed. It is on the disk when this resolves.
 * Errors: Unavailable with a sentence.
 */
export async function writeKeyFile(path: string, folder: string, key: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const [allowed, parent] = await Promise.all([realpath(folder), realpath(dirname(path))]);
    const inside = relative(allowed, parent);
    if (inside === '..' || inside.startsWith(`..${sep}`) || inside.startsWith(sep))
      throw new Error('its folder leads out of `keys.deliveryFolder`');
    await replaceFile(join(parent, basename(path)), `${key}\n`);
    await syncFolder(parent);
  } catch (error) {
    throw new Unavailable('file', `The key file ${path} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}`);
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, ONLY_OWNER);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
