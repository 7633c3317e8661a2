import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { AnyCommand, CommandResult } from './command.ts';
import { CommandFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { wafLint } from './waf-lint.ts';
import { wafTest } from './waf-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const terminal: Terminal = {
  out: () => {},
  err: () => {},
  paint: (_, text) => text,
  paintErr: (_, text) => text,
};

const rules = join(folder, 'rules.conf');
writeFileSync(
  rules,
  `SecRule TX:paranoia_level "@ge 2" "id:1,phase:2,log,pass,msg:'high'"
SecRule ARGS "@rx attack" "id:2,phase:2,log,deny,status:403,msg:'Found %{MATCHED_VAR}'"
SecRule RESPONSE_BODY "@contains secret" "id:3,phase:4,log,deny,status:500"
`,
);
const tests = join(folder, 'tests');
mkdirSync(tests);
writeFileSync(
  join(tests, 'rules.yaml'),
  `rule_id: 2
tests:
  - test_id: 1
    stages:
      - input: { uri: '/?a=attack', headers: { Host: a } }
        output: { status: 403, log: { expect_ids: [2], no_expect_ids: [3] } }
  - test_id: 2
    stages:
      - input: { method: POST, headers: { Host: a, Content-Type: text/plain }, data: 'a {{ "secret " | repeat 2 }}' }
        output: { status: 500, log: { expect_ids: [3] } }
  - test_id: 3
    stages:
      - input: { uri: '/?a=b', headers: { Host: a } }
        output: { log: { expect_ids: [2] } }
  - test_id: 4
    stages:
      - input: { uri: '/?a=attack', version: HTTP/3.0, headers: { Host: a } }
        output: { expect_error: true }
`,
);

function run(
  command: AnyCommand,
  values: Record<string, unknown>,
  words: string[] = [],
): Promise<CommandResult> {
  const all = {
    include: [],
    config: join(folder, 'portcullis.yaml'),
    api: undefined,
    paranoia: undefined,
    only: '',
    ...values,
  };
  return command.run({ values: all, words, json: false, terminal });
}

test('tests are run against rule files, and what failed is told', async () => {
  const { text, json, exitCode } = await run(wafTest, { include: [rules] }, [tests]);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({ ok: false, passed: 3, failed: 1, skipped: 0 });
  expect(text).toMatch(/2-3 .*rule 2 does not match/);
  expect(text).toContain('the listener would refuse 1 of them');
});

test('tests can be chosen, and the paranoia level set', async () => {
  const passed = await run(wafTest, { include: [rules], only: '2-1' }, [tests]);
  expect(passed.json).toMatchObject({ ok: true, passed: 1, failed: 0 });
  expect(passed.exitCode).toBe(0);
  writeFileSync(
    join(folder, 'level.yaml'),
    'tests: [{ stages: [{ input: {}, output: { log: { expect_ids: [1] } } }] }]',
  );
  const level = { include: [rules], paranoia: '3' };
  expect((await run(wafTest, level, [join(folder, 'level.yaml')])).json).toMatchObject({ passed: 1 });
});

test('tests are run against the rules of a configuration', async () => {
  const config = `version: 1
apis:
  - id: shop
    path: /
    upstream: http://127.0.0.1:3000
    authenticate: none
    waf: { include: [./rules.conf] }
`;
  writeFileSync(join(folder, 'portcullis.yaml'), config);
  const { json } = await run(wafTest, { api: 'shop' }, [tests]);
  expect(json).toMatchObject({ passed: 3, failed: 1 });
  await expect(run(wafTest, { api: 'other' }, [tests])).rejects.toThrow(
    'There is no API other; there are shop.',
  );
});

test.each<[string, AnyCommand, Record<string, unknown>, string[], string]>([
  ['no folder', wafTest, { include: [rules] }, [join(folder, 'none')], 'There is no folder'],
  ['no tests', wafTest, { include: [rules] }, [rules], 'The tests cannot be read'],
  ['no rules', wafTest, { include: [join(folder, 'none.conf')] }, [tests], 'one mistake'],
  ['a wrong level', wafTest, { include: [rules], paranoia: '5' }, [tests], 'from 1 to 4'],
])('%s is told', async (_, command, values, words, message) => {
  await expect(run(command, values, words)).rejects.toThrow(message);
});

test('rules are linted, and every wrong pattern is told at once', async () => {
  const { text, json, exitCode } = await run(wafLint, { include: [rules] });
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    ok: true,
    findings: [{ kind: 'never-filled', ruleId: 1, line: 1, file: rules }],
  });
  expect(text).toContain('0 errors, 1 warning');
  const wrong = join(folder, 'wrong.conf');
  writeFileSync(wrong, 'SecRule ARGS "@rx (" "id:1"\nSecRule ARGS "@rx a)" "id:2"\n');
  const failure = await run(wafLint, { include: [wrong] }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect((failure as CommandFailure).problems.map(({ line }) => line)).toEqual([1, 2]);
});
