import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileBlock, contextOf, type RequestSketch, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { validation } from './validation.ts';

/** Runs head and body check as the pipeline does: the body only when the check wants it. */
function decide(block: unknown, request: RequestSketch): Decision {
  const checks = compileBlock(validation, block);
  const ctx = contextOf({ method: 'POST', ...request });
  const head = runNow(checks.head, ctx);
  if (head !== CONTINUE || checks.body === undefined || !checks.body.wantsBody?.(ctx)) return head;
  if ((ctx.body?.length ?? 0) > (checks.bodyLimitBytes as number))
    throw new Error('the proxy would have refused');
  return runNow(checks.body, ctx);
}

const reasonOf = (decision: Decision) => (decision === CONTINUE ? null : decision.reason);
const typed = (type: string, body: string | Uint8Array = '{}', ...more: string[]): RequestSketch => ({
  headers: ['Content-Type', type, ...more],
  body,
});

test('an absent block limits the size of bodies to 10 MiB and nothing else', () => {
  const { head, body, bodyLimitBytes, streamLimitBytes, response } = compileBlock(validation, {});
  expect({ body, bodyLimitBytes, streamLimitBytes, response }).toEqual({ streamLimitBytes: 10_485_760 });
  expect(runNow(head, contextOf({ hasBody: true, contentLength: 10_485_760 }))).toBe(CONTINUE);
  const decision = runNow(head, contextOf({ hasBody: true, contentLength: 10_485_761 }));
  expect([decision.reason, decision.status]).toEqual(['validation.body-size', 413]);
  expect(decide({}, { headers: ['Content-Encoding', 'gzip'], body: 'x' })).toBe(CONTINUE);
});

test.each([
  [{ maxBodyBytes: 1 }, 2, 'validation.body-size'],
  [{ maxBodyBytes: 5 }, 5, null],
  [{ maxBodyBytes: 5 }, 6, 'validation.body-size'],
  [{ maxBodyBytes: 5 }, -1, null],
  [{ maxBodyBytes: 5 }, Number.MAX_SAFE_INTEGER, 'validation.body-size'],
])('%j with %d declared bytes: %s', (block, contentLength, reason) => {
  expect(compileBlock(validation, block).streamLimitBytes).toBe(block.maxBodyBytes);
  expect(reasonOf(decide(block, { hasBody: true, contentLength }))).toBe(reason);
});

test('JSON is held in memory up to the smaller of both limits', () => {
  expect(compileBlock(validation, { json: {} }).bodyLimitBytes).toBe(1_048_576);
  expect(compileBlock(validation, { maxBodyBytes: 10, json: {} }).bodyLimitBytes).toBe(10);
  const json = { headers: ['Content-Type', 'application/json'], hasBody: true };
  const block = { json: { maxBytes: 100 } };
  expect(reasonOf(decide(block, { ...json, contentLength: 101 }))).toBe('validation.body-size');
  const upload = { ...json, headers: ['Content-Type', 'image/png'], contentLength: 101 };
  expect(reasonOf(decide({ ...block, contentTypes: ['image/*', 'application/json'] }, upload))).toBe(null);
});

const TYPES = { contentTypes: ['application/json', 'application/*+JSON', 'image/*', 'multipart/form-data'] };

test.each([
  ['application/json', null],
  ['Application/JSON; charset=utf-8; v=1', null],
  ['application/problem+json', null],
  ['application/vnd.a+b+json', null],
  ['image/png', null],
  ['multipart/form-data; boundary="a;b"', null],
  ['application/+json', 'validation.content-type'],
  ['application/xml', 'validation.content-type'],
  ['application/jsonx', 'validation.content-type'],
  ['xapplication/json', 'validation.content-type'],
  ['text/plain; application/json', 'validation.content-type'],
  ['application/json, text/plain', 'validation.content-type'],
  ['application/json; boundary', 'validation.content-type'],
  ['application/json; charset=utf-8; charset=utf-8', 'validation.content-type'],
  ['application/json; charset=utf-16', 'validation.content-type'],
  ['application', 'validation.content-type'],
  ['image/*', null],
  ['', 'validation.content-type'],
])('of a list of types, %j: %s', (type, reason) => {
  expect(reasonOf(decide(TYPES, typed(type)))).toBe(reason);
});

test('where types are listed a body needs one, a request without body does not', () => {
  expect(decide(TYPES, { body: 'x' }).detail).toBe('a body without Content-Type');
  expect(decide(TYPES, { hasBody: true, contentLength: -1 }).status).toBe(415);
  expect(decide(TYPES, { method: 'GET', body: 'x' }).status).toBe(415);
  expect(decide(TYPES, { method: 'GET' })).toBe(CONTINUE);
  expect(decide(TYPES, { contentLength: 0, headers: ['Content-Type', 'text/x'] })).toBe(CONTINUE);
  expect(decide({ contentTypes: ['*/*'] }, typed('a/b'))).toBe(CONTINUE);
  expect(decide({ contentTypes: ['*/*'] }, { body: 'x' }).status).toBe(415);
});

const utf16 = Buffer.from('{"a":1}', 'utf16le');
const GOOD = '{"a":[1,2,{"b":null}]}';

test.each<[string, RequestSketch, string | null]>([
  ['good JSON', typed('application/json', GOOD), null],
  ['good JSON of another JSON type', typed('application/merge-patch+json', GOOD), null],
  ['a charset that is UTF-8', typed('application/json; charset="UTF-8"', GOOD), null],
  ['a bare value', typed('application/json', ' 1 '), null],
  [
    'an empty chunked body',
    { headers: ['Content-Type', 'application/json'], body: '', hasBody: true, contentLength: -1 },
    null,
  ],
  ['no body', { headers: ['Content-Type', 'application/json'] }, null],
  ['bad JSON', typed('application/json', '{"a":}'), 'validation.json'],
  ['bad JSON of another JSON type', typed('application/x+json', '{'), 'validation.json'],
  ['bad JSON as text/json', typed('text/json', '{'), 'validation.json'],
  ['bad JSON with a type in capitals', typed('APPLICATION/JSON', '{'), 'validation.json'],
  ['bad JSON behind an empty parameter', typed('application/json;', '{'), 'validation.json'],
  ['two texts', typed('application/json', '{}{}'), 'validation.json'],
  ['trailing garbage', typed('application/json', '{} x'), 'validation.json'],
  ['a trailing NUL', typed('application/json', '{}\0'), 'validation.json'],
  ['a comment', typed('application/json', '{}/**/'), 'validation.json'],
  ['a byte order mark', typed('application/json', '\ufeff{}'), 'validation.json'],
  ['UTF-16 without saying so', typed('application/json', utf16), 'validation.json'],
  [
    'UTF-16 with a byte order mark',
    typed('application/json', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])),
    'validation.json',
  ],
  ['bad UTF-8', typed('application/json', Buffer.from([0x22, 0xc0, 0xaf, 0x22])), 'validation.json'],
  ['a key twice', typed('application/json', '{"role":"user","role":"admin"}'), 'validation.json'],
  ['a key twice, once escaped', typed('application/json', '{"role":1,"\\u0072ole":2}'), 'validation.json'],
  ['only blanks', typed('application/json', '  '), 'validation.json'],
  ['gzip without saying so', typed('application/json', gzipSync(GOOD)), 'validation.json'],
  ['UTF-16 saying so', typed('application/json; charset=utf-16', utf16), 'validation.content-type'],
  ['UTF-7', typed('application/json; charset=utf-7', GOOD), 'validation.content-type'],
  ['an empty charset', typed('application/json; charset=""', GOOD), 'validation.content-type'],
  ['two charsets', typed('application/json; charset=utf-8; charset=utf-16', GOOD), 'validation.content-type'],
  ['a charset in pieces', typed("application/json; charset*=utf-16''x", GOOD), 'validation.content-type'],
  ['a numbered charset', typed('application/json; charset*0=utf-16', GOOD), 'validation.content-type'],
  ['JSON as text/plain', typed('text/plain', '{'), 'validation.content-type'],
  ['JSON as a form', typed('application/x-www-form-urlencoded', '{'), 'validation.content-type'],
  ['JSON as bytes', typed('application/octet-stream', '{'), 'validation.content-type'],
  ['JSON lines', typed('application/x-ndjson', '{'), 'validation.content-type'],
  ['no type', { body: GOOD }, 'validation.content-type'],
  ['an empty type', typed('', GOOD), 'validation.content-type'],
  ['a broken type', typed('application/json; =', GOOD), 'validation.content-type'],
  ['a list of types', typed('text/plain, application/json', GOOD), 'validation.content-type'],
  [
    'two types',
    typed('application/json', GOOD, 'Content-Type', 'application/json'),
    'validation.content-type',
  ],
  [
    'gzip',
    typed('application/json', gzipSync(GOOD), 'Content-Encoding', 'gzip'),
    'validation.content-encoding',
  ],
  [
    'gzip in capitals',
    typed('application/json', GOOD, 'Content-Encoding', 'GZIP'),
    'validation.content-encoding',
  ],
  [
    'identity, then gzip',
    typed('application/json', GOOD, 'Content-Encoding', 'identity', 'Content-Encoding', 'gzip'),
    'validation.content-encoding',
  ],
  [
    'an unknown coding',
    typed('application/json', GOOD, 'Content-Encoding', 'x'),
    'validation.content-encoding',
  ],
  ['an empty coding', typed('application/json', GOOD, 'Content-Encoding', ''), 'validation.content-encoding'],
  [
    'a malformed coding',
    typed('application/json', GOOD, 'Content-Encoding', 'gzip;q=1'),
    'validation.content-encoding',
  ],
  ['identity', typed('application/json', GOOD, 'Content-Encoding', 'Identity'), null],
])('with json: %s', (_, request, reason) => {
  expect(reasonOf(decide({ json: {} }, request))).toBe(reason);
});

test('no list of codings lets a coded JSON body past the check', () => {
  const block = { json: {}, contentTypes: ['application/json', 'image/png'], contentEncodings: ['gzip'] };
  const coded = (type: string, coding: string) =>
    reasonOf(decide(block, typed(type, 'x', 'Content-Encoding', coding)));
  expect(coded('application/json', 'gzip')).toBe('validation.content-encoding');
  expect(coded('image/png', 'gzip')).toBe(null);
  expect(coded('image/png', 'x-gzip')).toBe(null);
  expect(coded('image/png', 'br')).toBe('validation.content-encoding');
  expect(coded('image/png', 'gzip, br')).toBe('validation.content-encoding');
  const unlisted = { json: {}, contentTypes: ['image/png'] };
  expect(decide(unlisted, typed('image/png', 'x', 'Content-Encoding', 'gzip')).reason).toBe(
    'validation.content-encoding',
  );
  expect(decide({ contentEncodings: ['gzip'] }, typed('a/b', 'x', 'Content-Encoding', 'br')).status).toBe(
    415,
  );
});

test.each([
  [{ maxDepth: 2 }, '[[1]]', null],
  [{ maxDepth: 2 }, '[[[1]]]', 'validation.json-depth'],
  [{ maxDepth: 0 }, '1', null],
  [{ maxDepth: 0 }, '{}', 'validation.json-depth'],
  [{}, '['.repeat(32) + ']'.repeat(32), null],
  [{}, '['.repeat(33) + ']'.repeat(33), 'validation.json-depth'],
  [{}, '['.repeat(500_000), 'validation.json-depth'],
  [{ maxKeys: 2 }, '{"a":1,"b":2}', null],
  [{ maxKeys: 2 }, '{"a":1,"b":2,"c":3}', 'validation.json'],
])('%j', (json, body, reason) => {
  expect(reasonOf(decide({ json }, typed('application/json', body)))).toBe(reason);
});

test('other listed types are not held in memory', () => {
  const { body } = compileBlock(validation, { json: {}, contentTypes: ['image/png', 'application/json'] });
  expect(body?.wantsBody?.(contextOf(typed('image/png')))).toBe(false);
  expect(body?.wantsBody?.(contextOf(typed('application/json')))).toBe(true);
  expect(body?.wantsBody?.(contextOf({ headers: ['Content-Type', 'application/json'] }))).toBe(false);
  expect(runNow(body, contextOf(typed('image/png', '{')))).toBe(CONTINUE);
});

test('a JSON body that was not read is refused as a bug of ours', () => {
  const ctx = contextOf(typed('application/json'));
  ctx.body = null;
  expect(runNow(compileBlock(validation, { json: {} }).body, ctx).reason).toBe('gateway.bug');
});

test('json: false turns an inherited check off', () => {
  expect(decide({ json: false }, typed('application/json', '{'))).toBe(CONTINUE);
});

const HEADERS = {
  headers: { 'X-API-Version': { required: true, oneOf: ['v1', 'v2'] }, 'X-Note': { maxBytes: 8 } },
};

test.each([
  [['X-API-Version', 'v1'], ''],
  [['x-api-version', 'v2', 'X-Note', '12345678'], ''],
  [[], 'X-API-Version is missing'],
  [['X-API-Version', 'v3'], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', 'V1'], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', ''], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', 'v1, v2'], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', 'v1', 'X-API-Version', 'v1'], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', 'v1', 'X-API-Version', 'v9'], 'X-API-Version is not one of the values that are taken'],
  [['X-API-Version', 'v1', 'X-Note', '123456789'], 'X-Note is longer than 8 bytes'],
  [['X-API-Version', 'v1', 'X-Note', '1234', 'X-Note', '123'], 'X-Note is longer than 8 bytes'],
  [['X-API-Version', 'v1', 'X-Note', '123', 'X-Note', '123'], ''],
])('header rules: %j: %s', (headers, detail) => {
  const decision = decide(HEADERS, { method: 'GET', headers });
  expect(decision.detail).toBe(detail);
  expect(reasonOf(decision)).toBe(detail === '' ? null : 'validation.header');
});

test('whatever JSON.parse cannot read is refused, and what is written by JSON.stringify passes', () => {
  const json = compileBlock(validation, { json: { maxDepth: 1000 } });
  const judge = (body: string) => runNow(json.body, contextOf(typed('application/json', body))) === CONTINUE;
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => judge(JSON.stringify(value))));
  const text = fc.string({
    unit: fc.constantFrom(...'{}[]",:0123456789truefalsn \\u-+.eE'),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (body) => {
      if (judge(body)) expect(() => JSON.parse(body)).not.toThrow();
    }),
    { numRuns: 3000 },
  );
});

test('any Content-Type is judged without failing, the second time as the first', () => {
  const { head } = compileBlock(validation, { json: {} });
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aj/+;=",* charset'), maxLength: 200 }), (type) => {
      const ctx = contextOf(typed(type));
      expect(runNow(head, ctx)).toBe(runNow(head, ctx));
    }),
  );
});
