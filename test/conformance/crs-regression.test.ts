import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileEngine } from '../../src/lib/seclang/engine/compile-engine.ts';
import { readTests } from '../../src/lib/seclang/ftw/read-tests.ts';
import type { FtwWorld } from '../../src/lib/seclang/ftw/run-stage.ts';
import { type FtwResult, runTest } from '../../src/lib/seclang/ftw/run-tests.ts';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RuleFileReader } from '../../src/lib/seclang/syntax/rule.ts';
import { openLibinjection } from '../../src/stores/libinjection/libinjection.ts';
import { diskRuleFiles } from '../../src/stores/rule-files.ts';
import { CRS_DEVIATIONS } from '../../tools/seclang-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const RULES = '/usr/share/modsecurity-crs/rules';
const SETUP = '/etc/modsecurity/crs/crs-setup.conf';
const ENGINE = '/etc/modsecurity/modsecurity.conf-recommended';

/** Tests that end otherwise here, each with the reason that stands in `docs/reference/seclang.md`. */
const DEVIATIONS: ReadonlyMap<string, string> = new Map(CRS_DEVIATIONS);

/** What the tests assume of the set-up. */
const ASSUMED: Readonly<Record<string, string>> = {
  'assumed.conf': `SecRuleEngine DetectionOnly
SecResponseBodyAccess On
SecAction "id:900999,phase:1,nolog,pass,\\
  setvar:tx.paranoia_level=4,setvar:tx.blocking_paranoia_level=4,setvar:tx.detection_paranoia_level=4,\\
  setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,\\
  setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,\\
  setvar:tx.combined_file_sizes=65535"
`,
};

function reader(): RuleFileReader {
  const disk = diskRuleFiles('/');
  return {
    find: (pattern, fromFile) => (pattern in ASSUMED ? [pattern] : disk.find(pattern, fromFile)),
    read: (path) => ASSUMED[path] ?? disk.read(path),
  };
}

async function worldOf(): Promise<FtwWorld> {
  const reading = parseRules([ENGINE, SETUP, 'assumed.conf', `${RULES}/*.conf`], reader());
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems, null, 1));
  const injections = await openLibinjection();
  const engine = compileEngine(reading.program, {
    sqlFingerprint: (value) => injections.sqlFingerprint(value),
    isXss: (value) => injections.isXss(value),
    countryOf: () => '',
    dataFile: () => null,
    unicodeMap: reading.program.settings.unicodeMap,
  });
  return {
    engine,
    settings: reading.program.settings,
    overrides: null,
    clientAddress: '127.0.0.1',
    now: () => 0,
  };
}

/** Where the tests of the Core Rule Set lie, if anywhere: among the corpora, or where `.ci/run` put them. */
function findTests(): string | null {
  const corpora = process.env.PORTCULLIS_CORPORA ?? join(ROOT, '../shared/corpora');
  const places = [join(corpora, 'crs-3.3'), join(ROOT, '.cache/crs-3.3')];
  return places.find((place) => globSync(`${place}/*/*.yaml`).length > 0) ?? null;
}

const folder = findTests();
const isInstalled = [RULES, SETUP, ENGINE].every((path) => existsSync(path));

describe('regression tests of the Core Rule Set 3.3', () => {
  if (folder === null || !isInstalled) {
    const missing =
      folder === null
        ? 'crs-3.3 is not in the corpora'
        : 'install modsecurity-crs and libapache2-mod-security2';
    test.skip(`skipped the regression tests of the Core Rule Set: ${missing}`, () => {});
    return;
  }

  test('end as they should, save for those that are argued here', { timeout: 600_000 }, async () => {
    const world = await worldOf();
    const results: FtwResult[] = [];
    for (const file of globSync(`${folder}/*/*.yaml`).sort()) {
      const { tests, problems } = readTests(
        parse(readFileSync(file, 'utf8'), { uniqueKeys: false }),
        basename(file),
      );
      expect(problems).toEqual([]);
      for (const one of tests) results.push(runTest(world, one));
    }
    const run = results.filter(({ verdict }) => verdict !== 'skipped');
    const failed = run.filter(({ verdict }) => verdict === 'failed');
    const unargued = failed.filter(({ title }) => !DEVIATIONS.has(title));
    expect(run.length).toBeGreaterThan(2_000);
    expect(unargued.map(({ title, reasons }) => `${title}: ${reasons.join('; ')}`)).toEqual([]);
    expect([...DEVIATIONS.keys()].filter((title) => !failed.some((one) => one.title === title))).toEqual([]);
    expect(failed.length / run.length).toBeLessThan(0.01);
  });
});
