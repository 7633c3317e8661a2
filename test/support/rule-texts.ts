import { dirname, matchesGlob, resolve } from 'node:path';
import type { RuleFileReader } from '../../src/lib/seclang/syntax/rule.ts';

/** Rule files that are texts of a test, by their absolute paths. */
export function ruleTexts(files: Readonly<Record<string, string>>): RuleFileReader {
  return {
    find: (pattern, fromFile) => {
      const path = resolve(fromFile === '' ? '/' : dirname(fromFile), pattern);
      return Object.keys(files)
        .filter((name) => name === path || matchesGlob(name, path))
        .sort();
    },
    read: (path) => files[path] ?? null,
  };
}
