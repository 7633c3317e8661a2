import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeProof, thumbprint } from '../support/dpop.ts';
import { valuesOf } from '../support/message-reader.ts';
import { token } from '../support/sign-token.ts';
import { type AttackWorld, hookLines, openAttackWorld } from './world.ts';

let world: AttackWorld;
/** A token that claims everything and that nobody signed who may. */
let forged: string;

const nowS = (): number => Math.floor(Date.now() / 1000);
const keyLine = (): string => `X-API-Key: ${world.key}\r\n`;
const authorization = (value: string): string => `Authorization: ${value}\r\n`;
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

beforeAll(async () => {
  world = await openAttackWorld();
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const claims = { sub: 'admin', iss: 'https://issuer.example', aud: 'api', iat: nowS(), exp: nowS() + 600 };
  forged = token({ alg: 'RS256', kid: 'k1' }, { ...claims, roles: ['admin'] }, stranger);
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => void world.seen());

describe('a token that was not verified reaches no upstream that believes tokens', () => {
  test.each([
    ['Bearer '],
    ['Bearer\t'],
    ['BEARER  '],
    ['Bearer='],
    ['Bearer,'],
    ['Token '],
    ['JWT '],
    ['DPoP '],
    ['Negotiate '],
    ['Basic eDp5, Bearer '],
    [''],
  ])('%j beside a good key', async (start) => {
    expect(await world.ask('/either', keyLine() + authorization(start + forged))).toBe(401);
    expect(world.seen()).toEqual([]);
  });

  test.each(['', ' ', 'Bearer', 'bearer ', 'DPoP', ','])(
    'an Authorization field of %j is no way in either',
    async (value) => {
      expect(await world.ask('/either', keyLine() + authorization(value))).toBe(401);
      expect(await world.ask('/jwt', authorization(value))).toBe(401);
      expect(world.seen()).toEqual([]);
    },
  );

  test('a good one does, and a good key alone', async () => {
    expect(await world.ask('/either', authorization(`Bearer ${world.issuer.sign()}`))).toBe(200);
    expect(await world.ask('/either', keyLine())).toBe(200);
  });
});

describe('nobody tells the upstream who he is', () => {
  test.each(['X-User-Id', 'x-user-id', 'X_User_Id', 'X.User.Id', 'X-User_Id', 'X~User~Id'])(
    'by %s',
    async (name) => {
      const line = `${name}: admin\r\n`;
      expect(await world.ask('/jwt', authorization(`Bearer ${world.issuer.sign()}`) + line)).toBe(200);
      expect(await world.ask('/observed', line)).toBe(200);
      expect(await world.ask('/observed', authorization(`Bearer ${forged}`) + line)).toBe(200);
      const told = world.seen().map((request) => valuesOf(request, 'x-user-id'));
      expect(told).toEqual([['user-1'], [], []]);
    },
  );

  test.each(['Authorization', 'X-API-Key', 'Cookie'])(
    'and a connection option takes no %s away',
    async (name) => {
      const lines = `${keyLine() + authorization(`Bearer ${world.issuer.sign()}`)}Connection: close, ${name}\r\n`;
      const [answer] = await world.send(`GET /both HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`);
      expect(answer?.status).toBe(400);
      expect(world.seen()).toEqual([]);
    },
  );

  test('nor by what proxies tell of certificates', async () => {
    const names = [
      'Client-Cert',
      'client_cert',
      'X.Client.Cert',
      'SSL_CLIENT_VERIFY',
      'X-Forwarded-Client-Cert',
    ];
    expect(await world.ask('/rest', names.map((name) => `${name}: x\r\n`).join(''))).toBe(200);
    const [request] = world.seen();
    const passed = request?.fields.filter(([name]) => /cert|verify/i.test(name));
    expect(passed).toEqual([]);
  });
});

describe('there is no way around an endpoint that asks for more', () => {
  test.each([
    '/parts/public/admin',
    '/parts/public/ADMIN',
    '/PARTS/public/admin',
    '/parts/public//admin',
    '/parts//public/admin',
    '/parts/public/./admin',
    '/parts/public/%2e/admin',
    '/parts/public/x/../admin',
    '/parts/public/%61dmin',
    '/parts/public/admi%6E',
    '/parts/public/admin/',
    '/parts/public/admin/x',
    '/parts/public/admin?x',
    '/parts/../parts/public/admin',
    'http://a.test/parts/public/admin',
    '/parts/public/../other',
    'http://a.test/parts/public/../other',
    '/parts/public/admin;x',
    '/parts/public/admin%2f',
    '/parts/public%2fadmin',
    '/parts/public/..%2fpublic%2fadmin',
    '/parts/public\\admin',
    '/parts/public/admin%00',
    '/parts/public/admin%09',
    '/parts/public/admin#x',
  ])('%s', async (target) => {
    expect([400, 401]).toContain(await world.ask(target));
    expect(world.seen()).toEqual([]);
  });

  test.each(['POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'get', 'FOO'])(
    'with %s',
    async (method) => {
      expect([401, 405]).toContain(await world.ask('/parts/items', '', method));
      expect(world.seen()).toEqual([]);
    },
  );

  test('with a method that stands elsewhere', async () => {
    const override =
      'X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\nX_Method_Override: DELETE\r\n';
    expect(await world.ask('/parts/items', override)).toBe(200);
    const [request] = world.seen();
    expect(request?.fields.some(([name]) => /override|http.method/i.test(name))).toBe(false);
    const preflight = 'Origin: https://app.test\r\nAccess-Control-Request-Method: GET\r\n';
    expect(await world.ask('/parts/items', preflight, 'DELETE')).toBe(401);
    expect(await world.ask('/cors/x', 'Origin: https://app.test\r\n', 'OPTIONS')).toBe(401);
    expect(await world.ask('/cors/x', preflight, 'OPTIONS')).toBe(204);
    expect(world.seen()).toEqual([]);
  });

  test.each(['private.test', 'private.test.', 'PRIVATE.test', 'private.test:80', 'private.test.:8080'])(
    'nor around a host, as %s',
    async (host) => {
      const [answer] = await world.send(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer?.status).toBe(401);
      expect(world.seen()).toEqual([]);
    },
  );
});

describe('a connection remembers nobody', () => {
  test('requests behind an authenticated one are strangers', async () => {
    const good = `GET /jwt HTTP/1.1\r\nHost: a.test\r\n${authorization(`Bearer ${world.issuer.sign()}`)}\r\n`;
    const bare = 'GET /jwt HTTP/1.1\r\nHost: a.test\r\n\r\n';
    const answers = await world.send(good + bare + good + bare, 4);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 401]);
  });

  test('nor does a signed body vouch for what comes behind it', async () => {
    const body = '{"n":1}';
    const head = `POST /hook HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n${hookLines(body)}Content-Length: ${body.length}\r\n\r\n`;
    const answers = await world.send(`${head}${body}GET /hook HTTP/1.1\r\nHost: a.test\r\n\r\n`, 2);
    expect(answers.map(({ status }) => status)).toEqual([100, 200, 401]);
  });
});

describe('what may be used once is used once, on two threads', () => {
  const passed = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

  test('a one-time token', async () => {
    const line = authorization(`Bearer ${world.issuer.sign({ jti: 'one' })}`);
    expect(passed(await Promise.all(times(40, () => world.ask('/once', line))))).toBe(1);
    expect(world.seen()).toHaveLength(1);
  });

  test('a proof', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bound = world.issuer.sign({ cnf: { jkt: thumbprint(pair.publicKey) } });
    const proof = makeProof(pair, { token: bound, uri: 'http://a.test/dpop/x', nowS: nowS() });
    const lines = `${authorization(`DPoP ${bound}`)}DPoP: ${proof}\r\n`;
    expect(passed(await Promise.all(times(40, () => world.ask('/dpop/x', lines))))).toBe(1);
    for (const target of ['/jwt', '/either', '/dpop-or-key'])
      expect(await world.ask(target, authorization(`Bearer ${bound}`)), `downgrade at ${target}`).toBe(401);
    const other = makeProof(pair, { token: bound, uri: 'http://a.test/dpop/x', nowS: nowS() });
    const moved = `${authorization(`DPoP ${bound}`)}DPoP: ${other}\r\n`;
    for (const [target, method] of [
      ['/dpop/y', 'GET'],
      ['/dpop/x', 'HEAD'],
      ['/dpop/x', 'POST'],
    ] as const)
      expect(await world.ask(target, moved, method), `${method} ${target}`).toBe(401);
  });

  test('a message', async () => {
    const lines = hookLines('{"once":1}');
    const sent = times(40, () => world.ask('/hook', lines, 'POST', '{"once":1}'));
    expect(passed(await Promise.all(sent))).toBe(1);
    expect(await world.ask('/hook-or-key', lines, 'POST', '{"once":1}'), 'at another webhook').toBe(409);
  });
});

describe('one bad credential among good ones refuses all', () => {
  test.each<[string, () => string]>([
    ['a bad signature beside a good key', () => keyLine() + hookLines('x', 'another secret of enough bytes')],
    ['two keys', () => `${keyLine()}x-api-key: ${world.key}\r\n`],
  ])('%s', async (_, lines) => {
    expect([400, 401]).toContain(await world.ask('/hook-or-key', lines(), 'POST', 'x'));
    expect(world.seen()).toEqual([]);
  });

  test.each<(key: string) => string>([
    (key) => `Cookie: key=${key}; key=${key}\r\n`,
    (key) => `Cookie: key=; key=${key}\r\n`,
    (key) => `Cookie: key=${key}\r\nCookie: key=x\r\n`,
    (key) => `Cookie: key=${key}\r\nX-API-Key: ${key}\r\n`,
    (key) => `Cookie: key="${key}"\r\n`,
    (key) => `Cookie: Key=${key}\r\n`,
    (key) => `Cookie: a=1, key=${key}\r\n`,
    (key) => `Cookie: a="; key=${key}"\r\n`,
  ])('cookies %#', async (lines) => {
    expect([400, 401]).toContain(await world.ask('/cookie', lines(world.key)));
    expect(world.seen()).toEqual([]);
  });

  test('a cookie among others passes, and its value does not reach the upstream', async () => {
    expect(await world.ask('/cookie', `Cookie: a=1; key=${world.key}; b=2\r\n`)).toBe(200);
    expect(world.seen().map((request) => valuesOf(request, 'cookie'))).toEqual([['a=1; b=2']]);
  });

  test('credentials of a megabyte are not read', async () => {
    const huge = 'x'.repeat(1_048_576);
    expect(await world.ask('/jwt', authorization(`Bearer ${huge}`))).toBe(431);
    expect(await world.ask('/key', `X-API-Key: ${huge}\r\n`)).toBe(431);
    expect(await world.ask('/dpop/x', `${authorization('DPoP a.b.c')}DPoP: ${huge}\r\n`)).toBe(431);
  });
});
