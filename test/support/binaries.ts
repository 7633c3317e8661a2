import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a program is there that a test needs; says once which Debian package has it when it is not.
 *
 * Under `CI=true` a missing one is a failure.
 */
export function needs(binary: string, debianPackage: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => folder !== '' && existsSync(join(folder, binary)))) return true;
  const sentence = `tests need ${binary}: apt-get install ${debianPackage}`;
  if (process.env.CI === 'true') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
  return false;
}
