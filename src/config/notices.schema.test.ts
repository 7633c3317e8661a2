import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from './load.ts';
import { findWeaknesses } from './weaknesses.ts';

const PATH = join(import.meta.dirname, 'testdata/files/x.yaml');
const HOOK = { name: 'ops', url: 'https://hooks.test/x', secret: 'a secret of more than 24 bytes' };
const load = (webhooks: object[]) =>
  parseConfig(
    JSON.stringify({
      version: 1,
      apis: [{ id: 'a', upstream: 'http://127.0.0.1:1' }],
      notices: { webhooks },
    }),
    PATH,
    { env: { SECRET: HOOK.secret } },
  );
const problemsOf = (webhooks: object[]) =>
  load(webhooks).problems.map(({ pointer, message }) => `${pointer}: ${message}`);

test.each<[string, object[], string[]]>([
  ['nothing', [], []],
  ['https', [HOOK], []],
  ['this machine', [{ ...HOOK, url: 'http://127.0.0.1:9/x' }], []],
  ['a secret of Standard Webhooks', [{ ...HOOK, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }], []],
  ['some kinds', [{ ...HOOK, kinds: ['key.expired', 'login.stuffing'] }], []],
  [
    'http to elsewhere',
    [{ ...HOOK, url: 'http://hooks.test/x' }],
    ['/notices/webhooks/0/url: Notices are sent over https, or over http to this machine only.'],
  ],
  [
    'a password in the URL',
    [{ ...HOOK, url: 'https://a:b@hooks.test/x' }],
    ['/notices/webhooks/0/url: Notices are sent over https, or over http to this machine only.'],
  ],
  [
    'a short secret',
    [{ ...HOOK, secret: 'short' }],
    ['/notices/webhooks/0/secret: The secret has 24 to 64 bytes: text, or base64 after `whsec_`.'],
  ],
  ['one name twice', [HOOK, HOOK], ['/notices/webhooks/1/name: Two webhooks are called `ops`.']],
])('a webhook with %s', (_, webhooks, problems) => {
  expect(problemsOf(webhooks)).toEqual(problems);
});

test('a kind that there is not, and no kind at all, are mistakes', () => {
  expect(problemsOf([{ ...HOOK, kinds: ['key.leeked'] }])).toHaveLength(1);
  expect(problemsOf([{ ...HOOK, kinds: [] }])).toHaveLength(1);
});

test('a secret in the file is weak and is not shown; a reference to one is neither', () => {
  const typed = load([HOOK]);
  expect(typed.typedSecrets).toEqual(['/notices/webhooks/0/secret']);
  expect(typed.config && findWeaknesses(typed.config, typed.typedSecrets)).toContainEqual(
    expect.objectContaining({ pointer: '/notices/webhooks/0/secret', level: 'weak' }),
  );
  const referred = load([{ ...HOOK, secret: '${env:SECRET}' }]);
  expect(referred.problems).toEqual([]);
  expect(referred.typedSecrets).toEqual([]);
});
