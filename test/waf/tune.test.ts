import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { journalLine } from '../support/control-services.ts';
import { freePorts } from '../support/free-ports.ts';
import { type Ended, runNode } from '../support/run-node.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Two rules that find something and add to a score, one that decides. The second one sees less than the first. */
const RULES = `
SecDefaultAction "phase:2,pass,log"
SecAction "id:900100,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5,setvar:tx.critical_anomaly_score=5"
SecRule ARGS|REQUEST_COOKIES|REQUEST_HEADERS "@rx (?i)select|union|drop\\s+table" "id:942999,phase:2,block,tag:'attack-sqli',setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
SecRule ARGS "@rx (?i)<script" "id:941999,phase:2,block,tag:'attack-xss',setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
SecRule REQUEST_BODY "@contains whole-body" "id:950999,phase:2,block,setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
SecRule TX:inbound_anomaly_score_pl1 "@ge %{tx.inbound_anomaly_score_threshold}" "id:949999,phase:2,deny,status:403"
`;

let dir = '';
const cli = (...args: string[]): Promise<Ended> => runNode(MAIN, args, { cwd: dir });
const match = (rule: number, score: number, variable = 'ARGS:text') => ({
  ...{ rule, phase: 2, variable, category: 'sqli', place: 'rules.conf:5' },
  scores: { 'tx.inbound_anomaly_score_pl1': score },
});
const VERDICT = { rule: 949999, phase: 2, variable: 'TX:inbound_anomaly_score_pl1', category: 'other' };

function recordOf(id: string, matches: object[], score: number, more: object = {}): string {
  return journalLine(id, {
    'http.request.method': 'POST',
    'url.path': '/comments',
    portcullis: {
      ...{ route: 'web', api: 'web', checks: [] },
      decision: { effect: 'deny', reason: 'waf.blocked', stage: 'waf' },
      waf: {
        view: 'checked',
        inbound_score: score,
        ended_by: { rule: 949999, kind: 'deny', phase: 2 },
        matches,
        ...more,
      },
    },
  });
}

beforeAll(async () => {
  const [admin = 0] = await freePorts(1);
  dir = mkdtempSync(join(tmpdir(), 'portcullis-tune-test-'));
  writeFileSync(join(dir, 'rules.conf'), RULES);
  const waf = { include: ['rules.conf'], custom: ['own*.conf'] };
  const api = { id: 'web', path: '/', upstream: 'http://127.0.0.1:9', authenticate: 'none', waf };
  writeFileSync(join(dir, 'own.conf'), '# Exclusions.\n');
  writeFileSync(
    join(dir, 'portcullis.yaml'),
    JSON.stringify({ version: 1, admin: { port: admin }, apis: [api] }),
  );
  const path = join(dir, '.portcullis', 'portcullis.db');
  const database = await openDatabase({ location: { kind: 'sqlite', path }, clock: { nowMs: Date.now } });
  const records: [string, string][] = [
    ['sql', recordOf('sql', [match(942999, 5), VERDICT], 5)],
    ['two', recordOf('two', [match(942999, 5), match(941999, 10), VERDICT], 10)],
    ['body', recordOf('body', [match(950999, 5, 'REQUEST_BODY'), VERDICT], 5)],
    ['cookie', recordOf('cookie', [match(942999, 5, 'REQUEST_COOKIES:seen'), VERDICT], 5)],
    ['verdict', recordOf('verdict', [VERDICT], 5)],
    ['many', recordOf('many', [match(942999, 5)], 5, { more_matches: 3 })],
    ['macro', recordOf('macro', [match(942999, 5, 'ARGS:%{tx.a}')], 5)],
  ];
  await database.decisions.addDecisions(records.map(([id, record]) => ({ id, atMs: Date.now(), record })));
  await database.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const tune = async (...args: string[]) => {
  const { code, out, err } = await cli('waf', 'tune', ...args, '--json');
  return { code, json: out === '' ? {} : JSON.parse(out), err };
};

test('an exclusion that lets attacks through where it excludes is shown and refused, unless that is accepted', async () => {
  const file = join(dir, 'own.conf');
  const { code, json } = await tune('sql', '--write', file);
  expect(code).toBe(1);
  expect(json.event).toMatchObject({ scoreBefore: 5, scoreAfter: 0, threshold: 5, problem: '' });
  expect(json.corpus.unmasked).toContain('1 union select null,table_name from information_schema.tables');
  expect(json.corpus.unmaskedElsewhere).toEqual([]);
  expect(json.corpus.blockedElsewhere).toBeGreaterThan(5);
  expect(readFileSync(file, 'utf8')).toBe('# Exclusions.\n');

  const accepted = await tune('sql', '--write', file, '--accept-unmasked');
  expect(accepted.code).toBe(0);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('SecRule REQUEST_FILENAME "@streq /comments"');
  expect(text).toContain('ctl:ruleRemoveTargetById=942999;ARGS:text"');
  // A second one has an id of its own.
  expect((await tune('two', '--write', file, '--accept-unmasked')).json.id).toBe(accepted.json.id + 1);
  expect((await cli('check')).code).toBe(0);
});

test('all rules that matched are excluded together, and one alone only where that is enough', async () => {
  const both = await tune('two');
  expect(both.json.exclusion).toContain('942999;ARGS:text');
  expect(both.json.exclusion).toContain('941999;ARGS:text');
  expect(both.json.event).toMatchObject({ scoreAfter: 0, problem: '' });
  const one = await tune('two', '--rule', '941999', '--accept-unmasked');
  expect(one.code).toBe(1);
  expect(one.json.refusal).toMatch(/does not remove the false positive.*still be 5.*942999/);
});

test.each<[string, string[], RegExp]>([
  ['the rule that decides', ['sql', '--rule', '949999'], /decides by the score, and is never excluded/],
  ['a rule that prepares', ['sql', '--rule', '900100'], /finds nothing itself.*never excluded/],
  ['a rule that is not there', ['sql', '--rule', '7'], /no rule 7/],
  ['a rule that did not match', ['sql', '--rule', '941999'], /did not match/],
  ['a whole body', ['body'], /no single parameter/],
  ['a name that would be a macro', ['macro'], /no single parameter/],
  ['a match that only decides', ['verdict'], /finds something itself/],
  ['more than the record holds', ['many'], /more/],
  ['every path', ['sql', '--below', '/'], /every path/],
  ['another path', ['sql', '--below', '/orders'], /not below/],
  ['a request that nobody knows', ['ghost'], /no record/],
])('%s is refused', async (_, args, sentence) => {
  const { code, err, json } = await tune(...args);
  expect(code).toBe(1);
  expect(err + JSON.stringify(json)).toMatch(sentence);
});

test('a cookie is excluded on everything below a path, and stays guarded elsewhere', async () => {
  const { json } = await tune(
    'cookie',
    '--below',
    '/comments',
    '--accept-unmasked',
    '--write',
    join(dir, 'aside.conf'),
  );
  expect(json).toMatchObject({ refusal: '', isRead: false });
  expect(json.exclusion).toContain('"@beginsWith /comments/"');
  expect(existsSync(join(dir, 'aside.conf'))).toBe(true);
});
