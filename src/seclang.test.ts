import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspect, loadRules, type RequestInput, RuleFilesError } from './seclang.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seclang-'));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write(
    'main.conf',
    'SecRuleEngine On\nSecRequestBodyAccess On\nSecDefaultAction "phase:2,log,deny,status:403"\nInclude rules/*.conf\n',
  );
  write('bad.conf', 'SecRuleEngine On\nSecRul ARGS "@rx a" "id:1"\nSecRule ARGS "@rx a" "id:2,blok"\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const request = (target: string): RequestInput => ({
  uniqueId: 'a1',
  startedAtMs: 1_700_000_000_000,
  clientAddress: '192.0.2.7',
  clientPort: 50_000,
  serverAddress: '198.51.100.1',
  serverPort: 443,
  method: 'GET',
  target,
  protocol: 'HTTP/1.1',
  headerNames: ['Host'],
  headerValues: ['api.example.com'],
});

test('rules are loaded and run, with libinjection', async () => {
  writeFileSync(
    join(folder, 'sqli.conf'),
    'SecRule ARGS "@detectSQLi" "id:10,phase:2,log,deny,status:406,capture"\n',
  );
  writeFileSync(
    join(folder, 'country.conf'),
    'SecRule REMOTE_ADDR "@geoLookup" "id:11,phase:1,log,pass,chain"\nSecRule GEO:COUNTRY_CODE "@streq NL" ""\n',
  );
  const { engine } = await loadRules(['sqli.conf', 'country.conf'], {
    folder,
    settings: { engine: 'on' },
    countryOf: () => 'NL',
  });
  const attack = inspect(engine, { request: request("/?id=1'%20or%201=1--") });
  expect(attack.interruption).toMatchObject({ kind: 'deny', status: 406, ruleId: 10 });
  expect(attack.matches.map(({ ruleId }) => ruleId)).toEqual([11, 10]);
  expect(inspect(engine, { request: request('/?id=7') }).interruption).toBeNull();
});

test('phases of the answer are run where there is one', async () => {
  writeFileSync(
    join(folder, 'answer.conf'),
    'SecRule RESPONSE_BODY "@contains secret" "id:20,phase:4,log,deny"\n',
  );
  const { engine } = await loadRules(['answer.conf'], {
    folder,
    settings: { engine: 'on', responseBodyAccess: true },
  });
  const response = { status: 200, protocol: 'HTTP/1.1', headerNames: [], headerValues: [] };
  const responseBody = Buffer.from('a secret');
  expect(inspect(engine, { request: request('/'), response, responseBody }).interruption?.phase).toBe(4);
  expect(inspect(engine, { request: request('/') }).interruption).toBeNull();
});

test('files that are wrong are refused with every problem', async () => {
  const loading = loadRules(['bad.conf'], { folder });
  await expect(loading).rejects.toBeInstanceOf(RuleFilesError);
  await expect(loading).rejects.toMatchObject({ problems: [{ token: 'SecRul' }, { token: 'blok' }] });
});

test('so are operators that take no such argument', async () => {
  writeFileSync(
    join(folder, 'pattern.conf'),
    'SecRule ARGS "@rx (" "id:30,phase:2,deny"\nSecRule ARGS "@ipMatch x" "id:31,phase:2,deny"\n',
  );
  await expect(loadRules(['pattern.conf'], { folder })).rejects.toMatchObject({
    name: 'RuleFilesError',
    problems: [
      { at: { line: 1 }, token: '(' },
      { at: { line: 2 }, token: 'x' },
    ],
  });
});
