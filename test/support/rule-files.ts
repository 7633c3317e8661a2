import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, resolve } from 'node:path';
import type { Bytes } from '../../src/lib/seclang/bytes.ts';
import { compileEngine, type EngineOptions } from '../../src/lib/seclang/engine/compile-engine.ts';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RuleFileReader } from '../../src/lib/seclang/syntax/rule.ts';
import type { RuleEngine } from '../../src/lib/seclang/transaction.ts';
import { openLibinjection } from '../../src/stores/libinjection/libinjection.ts';

/** The Core Rule Set of the Debian package, unmodified. */
export const CRS_FILES = ['/etc/modsecurity/crs/crs-setup.conf', '/usr/share/modsecurity-crs/rules/*.conf'];

/** Whether this machine has it; says once which package is missing. */
export function hasCoreRuleSet(): boolean {
  if (existsSync('/usr/share/modsecurity-crs/rules') && existsSync('/etc/modsecurity/crs/crs-setup.conf'))
    return true;
  const sentence = 'tests need the Core Rule Set: apt-get install modsecurity-crs';
  if (process.env.CI === 'true') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
  return false;
}

/** Reads rule files from the disk; `inline` stands for a file of its own. */
function reader(inline: Bytes): RuleFileReader {
  return {
    find(pattern, fromFile) {
      if (pattern === 'inline') return ['inline'];
      const path = resolve(dirname(fromFile), pattern);
      if (!/[*?[]/.test(path)) return existsSync(path) ? [path] : [];
      const folder = dirname(path);
      return readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((file) => matchesGlob(file, path))
        .sort();
    },
    read(path) {
      if (path === 'inline') return inline;
      return existsSync(path) ? readFileSync(path, 'latin1') : null;
    },
  };
}

/** Compiles rules from text, and from files after it. Errors: what is wrong with them, in one message. */
export async function openRules(
  files: readonly string[],
  inline: Bytes,
  options: EngineOptions = {},
): Promise<RuleEngine> {
  const reading = parseRules(['inline', ...files], reader(inline));
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems.slice(0, 5)));
  const { program } = reading;
  const libinjection = await openLibinjection();
  return compileEngine(
    program,
    {
      sqlFingerprint: (value) => libinjection.sqlFingerprint(value),
      isXss: (value) => libinjection.isXss(value),
      countryOf: () => '',
      dataFile: () => null,
      unicodeMap: program.settings.unicodeMap,
    },
    options,
  );
}
