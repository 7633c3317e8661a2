import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RuleFileReader } from '../lib/seclang/syntax/rule.ts';

/** Reads rule files from the disk. Relative paths of the configuration are seen from `folder`. */
export function diskRuleFiles(folder: string): RuleFileReader {
  return {
    find: (pattern, fromFile) =>
      findFiles(resolve(fromFile === '' ? folder : dirname(fromFile), nameOf(pattern, fromFile))),
    read: (path) => {
      try {
        return readFileSync(path, 'latin1');
      } catch {
        return null;
      }
    },
  };
}

/** The name of a file as it stands in a rule file, where it was read as bytes. */
const nameOf = (pattern: string, fromFile: string): string =>
  fromFile === '' ? pattern : Buffer.from(pattern, 'latin1').toString('utf8');

function findFiles(path: string): string[] {
  if (existsSync(path)) return isFile(path) ? [path] : [];
  if (!/[*?[]/.test(path)) return [];
  return globSync(path).filter(isFile).sort();
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
