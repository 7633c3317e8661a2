import { existsSync } from 'node:fs';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RuleProgram } from '../../src/lib/seclang/syntax/rule.ts';
import { diskRuleFiles } from '../../src/stores/rule-files.ts';
import { ruleTexts } from './rule-texts.ts';

const RULES = '/usr/share/modsecurity-crs/rules';
const SETUP = '/etc/modsecurity/crs/crs-setup.conf';

/** The files of the Debian package, unmodified, as others include them. */
export const CRS_FILES = [SETUP, `${RULES}/*.conf`];

/** Whether the Debian package `modsecurity-crs` is there. */
export const hasCoreRules = existsSync(RULES) && existsSync(SETUP);
if (!hasCoreRules) {
  const sentence = 'tests need the Core Rule Set: apt-get install modsecurity-crs';
  if (process.env.CI === 'true') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
}

/** The rules of the Debian package `modsecurity-crs`, with lines before them. */
export function coreRules(before = 'SecRuleEngine DetectionOnly\nSecRequestBodyAccess On'): RuleProgram {
  const disk = diskRuleFiles('/');
  const texts = ruleTexts({ '/before.conf': before });
  const reading = parseRules(['/before.conf', ...CRS_FILES], {
    find: (pattern, from) => (pattern === '/before.conf' ? [pattern] : disk.find(pattern, from)),
    read: (path) => texts.read(path) ?? disk.read(path),
  });
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems.slice(0, 5), null, 1));
  return reading.program;
}

/** All rules, whatever paranoia they ask for. */
export const EVERY_RULE = [
  'SecRuleEngine DetectionOnly',
  'SecRequestBodyAccess On',
  'SecResponseBodyAccess On',
  'SecAction "id:1,phase:1,nolog,pass,setvar:tx.paranoia_level=4,setvar:tx.enforce_bodyproc_urlencoded=1,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.max_num_args=255,setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535"',
].join('\n');
