import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compileBlock,
  contextOf,
  linesOf,
  problemsOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { CREDENTIAL_NAMES, findCredentialName } from './credential-names.ts';
import { protocol } from './protocol.ts';

function decide(block: unknown, request: RequestSketch) {
  return runNow(compileBlock(protocol, block).head, contextOf(request));
}

test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s is let in by default',
  (method) => {
    expect(decide({}, { method })).toBe(CONTINUE);
  },
);

test.each(['TRACE', 'TRACK', 'get', 'GET ', 'PROPFIND', 'G', '', '__proto__', 'constructor'])(
  'method %j is not',
  (method) => {
    const decision = decide({}, { method });
    expect(decision.reason).toBe('protocol.method');
    expect(decision.status).toBe(405);
    expect(linesOf(decision.headers)).toEqual(['allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
  },
);

test('a list of methods replaces the default', () => {
  const block = { methods: ['GET', 'PROPFIND', 'M-SEARCH'] };
  expect(decide(block, { method: 'PROPFIND' })).toBe(CONTINUE);
  expect(linesOf(decide(block, { method: 'POST' }).headers)).toEqual(['allow: GET, PROPFIND, M-SEARCH']);
});

test.each([
  [{ methods: ['GET', 'TRACE'] }, '/methods/1: TRACE is never passed on; take it off the list.'],
  [{ methods: ['track'] }, '/methods/0: TRACK is never passed on; take it off the list.'],
  [{ methods: ['Connect'] }, '/methods/0: CONNECT is never passed on; take it off the list.'],
  [{ methods: ['get'] }, '/methods/0: Methods are case-sensitive: write "GET".'],
  [{ methods: ['GE T'] }, '/methods/0: "GE T" is not a method name.'],
  [{ methods: [''] }, '/methods/0: "" is not a method name.'],
])('%j is a mistake', (block, problem) => {
  expect(problemsOf(protocol, block)).toEqual([problem]);
});

test.each(['websocket', 'spdy/3.1', 'x-own'])('%s may be listed as an upgrade', (upgrade) => {
  expect(problemsOf(protocol, { upgrades: [upgrade] })).toEqual([]);
});

test.each(['h2c', 'HTTP/2.0', 'tls/1.2', 'WebSocket', 'a b', 'a/b/c', '', 'a/'])('%j may not', (upgrade) => {
  expect(problemsOf(protocol, { upgrades: [upgrade] })).toHaveLength(1);
});

test.each([{ methods: [] }, { credentialsInUrl: 'log' }, { method: ['GET'] }])('%j is a mistake', (block) => {
  expect(problemsOf(protocol, block)).toHaveLength(1);
});

test.each([
  'access_token=x',
  'a=1&access_token=x',
  'a=1;access_token=x',
  'ACCESS_TOKEN=x',
  'accessToken=x',
  'access-token=x',
  'access.token=x',
  'access+token=x',
  'access%5Ftoken=x',
  'a%63cess_%74oken=x',
  '%61%70%69%6b%65%79=x',
  'api_key',
  'apikey=',
  '+apikey=x',
  'apikey%20=x',
  'apikey%00=x',
  'access_token[]=x',
  'user[password]=x',
  'user%5Bpassword%5D=x',
  'user.password=x',
  'client_secret=x',
  'X-Api-Key=x',
  '&&&token=x',
  'a=token&token=b',
  'a=%&jwt=x',
])('%s has a credential in it', (query) => {
  const decision = decide({}, { query });
  expect(decision.reason).toBe('protocol.credentials-in-url');
  expect(decide({ credentialsInUrl: 'allow' }, { query })).toBe(CONTINUE);
});

test.each([
  '',
  'a=1&b=2',
  'q=access_token',
  'q=a=access_token',
  'q=user[password]',
  'page_token=x',
  'nextToken=x',
  'key=x',
  'code=x&state=y',
  'X-Amz-Signature=x&X-Amz-Credential=y',
  'tokens=3',
  'passwordless=true',
  'access_tok%e9en=x',
  'access%255Ftoken=x',
  '%zzpwd=x',
  `${'a'.repeat(10_000)}token=x`,
  `token${'n'.repeat(300)}=x`,
])('%s has none', (query) => {
  expect(decide({}, { query })).toBe(CONTINUE);
});

test('the value of a credential is in no part of the decision', () => {
  const decision = decide(
    {},
    { query: 'a=b&access_token=s3cr3tvalue', rawTarget: '/?a=b&access_token=s3cr3tvalue' },
  );
  expect(JSON.stringify(decision)).not.toContain('s3cr3t');
  expect(decision.detail).toContain('"accesstoken"');
});

test('every name is found however it is spelled, wherever it stands', () => {
  const punctuation = fc.constantFrom('', '_', '-', '+', '%20', '%5f', '%2D');
  const spelled = fc
    .constantFrom(...CREDENTIAL_NAMES)
    .chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.tuple(
          ...[...name].map((char) =>
            fc.tuple(punctuation, fc.constantFrom(char, char.toUpperCase(), escaped(char))),
          ),
        ),
      ),
    );
  const other = fc.constantFrom('a=1&', 'q=token&', '&', 'page=2;', '');
  fc.assert(
    fc.property(
      spelled,
      other,
      fc.constantFrom('', '=', '=v', '&z=1', '[]=1'),
      ([name, pieces], before, after) => {
        expect(findCredentialName(before + pieces.flat().join('') + after)).toBe(name);
      },
    ),
  );
});

function escaped(char: string): string {
  return `%${char.charCodeAt(0).toString(16)}`;
}

test('any query is looked at without failing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (query) => typeof findCredentialName(query) === 'string'),
  );
});

test.each([
  [['Content-Type', 'text/plain', 'content-type', 'application/json'], 'more than one content-type field'],
  [['Authorization', 'Bearer a', 'AUTHORIZATION', 'Bearer b'], 'more than one authorization field'],
  [
    ['Origin', 'https://a.example', 'Accept', '*/*', 'Origin', 'https://a.example'],
    'more than one origin field',
  ],
])('%j is refused', (headers, detail) => {
  const decision = decide({}, { headers });
  expect(decision.reason).toBe('protocol.field');
  expect(decision.detail).toBe(detail);
});

test('fields that are lists may have several lines', () => {
  const headers = [
    'Accept',
    'a/b',
    'Accept',
    'c/d',
    'Cookie',
    'a=b',
    'Cookie',
    'c=d',
    'X-A',
    '1',
    'X-A',
    '2',
  ];
  expect(decide({}, { headers })).toBe(CONTINUE);
});

test.each([
  [['Expect', '100-continue'], null],
  [['Expect', '100-Continue'], null],
  [['Expect', '100-continue', 'Expect', '100-continue'], null],
  [['Expect', ''], 417],
  [['Expect', '200-ok'], 417],
  [['Expect', '100-continue, 200-ok'], 417],
  [['Expect', '100-continue', 'Expect', 'x'], 417],
])('%j', (headers, status) => {
  const decision = decide({}, { method: 'POST', headers });
  expect(decision === CONTINUE ? null : decision.status).toBe(status);
});

test('an upgrade to anything is not refused here', () => {
  expect(decide({}, { headers: ['Upgrade', 'h2c'] })).toBe(CONTINUE);
});

test('credentials in URLs are reported as weak', () => {
  const of = (block: unknown) =>
    protocol.weaknesses?.(protocol.schema.parse(block)).map((weakness) => weakness.pointer);
  expect(of({ credentialsInUrl: 'allow' })).toEqual(['/credentialsInUrl']);
  expect(of({})).toEqual([]);
});
