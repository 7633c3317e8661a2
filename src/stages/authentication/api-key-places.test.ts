import { beforeEach, expect, test } from 'vitest';
import { fakePorts, newKey, request, routeFacts } from '../../../test/support/authentication-world.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { authentication } from './authentication.ts';

let world: ReturnType<typeof fakePorts>;
let key: ReturnType<typeof newKey>;
let other: ReturnType<typeof newKey>;

beforeEach(() => {
  world = fakePorts();
  key = newKey({ clientId: 'app-1' });
  other = newKey();
  for (const { id, record } of [key, other]) world.records.set(id, record);
});

function ask(block: object, fields: string[], query = '') {
  const config = authentication.schema.parse({ apiKey: block });
  const ctx = request(fields, { query });
  const decision = authentication.compile(config, routeFacts(), world.ports).head?.run(ctx) as Decision;
  return { decision, ctx };
}

const COOKIE = { cookie: 'api-key' };
const ALL = { cookie: 'api-key', query: 'k' };

test('a key comes from the cookie where that is allowed, and only there', () => {
  const fields = ['Cookie', `theme=dark; api-key=${key.key}`];
  const { decision, ctx } = ask(COOKIE, fields);
  expect(decision).toBe(CONTINUE);
  expect(ctx.principal).toMatchObject({ keyId: key.id, clientId: 'app-1' });
  expect(ask({}, fields).decision.reason).toBe('authn.missing');
  expect(ask({ cookie: 'API-KEY' }, fields).decision.reason).toBe('authn.missing');
  expect(ask(COOKIE, ['X-API-Key', key.key]).decision).toBe(CONTINUE);
});

test.each<[string, () => [string[], string]]>([
  ['header and cookie', () => [['X-API-Key', key.key, 'Cookie', `api-key=${key.key}`], '']],
  ['header and query', () => [['X-API-Key', key.key], `k=${key.key}`]],
  ['query and cookie', () => [['Cookie', `api-key=${key.key}`], `k=${other.key}`]],
  ['all three', () => [['X-API-Key', key.key, 'Cookie', `api-key=${key.key}`], `k=${key.key}`]],
  ['two cookies in one field', () => [['Cookie', `api-key=${key.key}; api-key=${other.key}`], '']],
  ['two cookies in two fields', () => [['Cookie', `api-key=${key.key}`, 'Cookie', `api-key=${key.key}`], '']],
  ['a header and an empty cookie', () => [['X-API-Key', key.key, 'Cookie', 'api-key='], '']],
])('keys in %s are ambiguous', (_, sketch) => {
  const [fields, query] = sketch();
  expect(ask(ALL, fields, query).decision.reason).toBe('authn.ambiguous');
});

test.each([
  ['empty', ''],
  ['quoted', '"KEY"'],
  ['of 1 MiB', 'k'.repeat(1_048_576)],
  ['percent-encoded', '%70%6b'],
])('a cookie that is %s is malformed', (_, text) => {
  const value = text.replace('KEY', key.key);
  const { decision, ctx } = ask(COOKIE, ['Cookie', `api-key=${value}`]);
  expect(decision.reason).toBe('authn.malformed');
  expect(ctx.claimedCredential).toBe('');
});

test('query and cookie are reported as weak', () => {
  const config = authentication.schema.parse({ apiKey: ALL });
  expect(authentication.weaknesses?.(config).map(({ pointer }) => pointer)).toEqual([
    '/apiKey/query',
    '/apiKey/cookie',
  ]);
});
