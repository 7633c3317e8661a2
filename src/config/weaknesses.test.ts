import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examineDocument } from './examine-document.ts';
import { parseConfig } from './load.ts';
import { findWeaknesses } from './weaknesses.ts';

const upstream = 'http://127.0.0.1:1';
/** A configuration without any weakness. */
const STRONG = {
  version: 1,
  listeners: [{ name: 'web', port: 8080, host: '127.0.0.1' }],
  apis: [{ id: 'a', upstream, rateLimit: { perMinute: 10 } }],
};

function found(change: object, api: object = {}): string[] {
  const document = { ...STRONG, apis: [{ ...STRONG.apis[0], ...api }], ...change };
  const { config, problems } = examineDocument(document, { baseDir: '/x' });
  if (config === null) throw new Error(JSON.stringify(problems));
  return findWeaknesses(config).map(({ pointer, level }) => `${level} ${pointer}`);
}

const HMAC = {
  id: 'i',
  issuer: 'https://i.example',
  algorithms: ['RS256', 'HS256'],
  jwks: { file: 'k.json' },
};

describe('findWeaknesses', () => {
  test('finds nothing where there is nothing', () => {
    expect(found({})).toEqual([]);
  });

  test.each([
    ['slashes', { paths: { encodedSlash: 'keep' } }, 'weak /paths/encodedSlash'],
    ['backslashes', { paths: { backslash: 'slash' } }, 'weak /paths/backslash'],
    ['semicolons', { paths: { semicolon: 'keep' } }, 'weak /paths/semicolon'],
    ['case', { paths: { matchCase: 'exact' } }, 'weak /paths/matchCase'],
    ['no journal', { journal: { onFailure: 'continue' } }, 'weak /journal/onFailure'],
    ['slow bodies', { limits: { bodyMinBytesPerS: 0 } }, 'weak /limits/bodyMinBytesPerS'],
    ['every proxy', { trustedProxies: ['10.0.0.0/8', '0.0.0.0/0'] }, 'weak /trustedProxies/1'],
    [
      'a limit that fails open',
      { defaults: { addressLimit: { perMinute: 9, onUnavailable: 'allow' } } },
      'weak /defaults/addressLimit/onUnavailable',
    ],
    ['HMAC', { issuers: [HMAC] }, 'weak /issuers/0/algorithms/1'],
    ['clear text', { listeners: [{ name: 'web', port: 1 }] }, 'weak /listeners/0'],
    [
      'clear text behind a proxy',
      { listeners: [{ name: 'web', port: 1 }], trustedProxies: ['10.0.0.1'] },
      'note /listeners/0',
    ],
    [
      'certificates from proxies',
      {
        listeners: [
          { name: 'web', host: '127.0.0.1', port: 1, clientCertificates: { fromTrustedProxies: true } },
        ],
        trustedProxies: ['10.0.0.1'],
      },
      'note /listeners/0/clientCertificates/fromTrustedProxies',
    ],
  ])('%s', (_, change, expected) => {
    expect(found(change)).toEqual([expected]);
  });

  test.each([
    ['nobody asked', { authenticate: 'none' }, 'weak /apis/0/authenticate'],
    ['authentication off', { authenticate: { mode: 'off' } }, 'weak /apis/0/authenticate/mode'],
    ['authentication observing', { authenticate: { mode: 'observe' } }, 'weak /apis/0/authenticate/mode'],
    [
      'certificates for any purpose',
      { authenticate: { mtls: { purpose: 'ifPresent' } } },
      'weak /apis/0/authenticate/mtls/purpose',
    ],
    [
      'certificates that may be revoked',
      { authenticate: { mtls: { revocation: { ocsp: {}, onUnavailable: 'allow' } } } },
      'weak /apis/0/authenticate/mtls/revocation/onUnavailable',
    ],
    [
      'authorities that may be revoked',
      { authenticate: { mtls: { revocation: { ocsp: {}, covers: 'client' } } } },
      'weak /apis/0/authenticate/mtls/revocation/covers',
    ],
    [
      'a key in the query',
      { authenticate: { apiKey: { query: 'k' } } },
      'weak /apis/0/authenticate/apiKey/query',
    ],
    ['every origin', { cors: { origins: ['*'] } }, 'weak /apis/0/cors/origins/0'],
    ['the null origin', { cors: { origins: ['https://a.example', 'null'] } }, 'weak /apis/0/cors/origins/1'],
    ['every address', { access: { allow: ['0.0.0.0/0'] } }, 'weak /apis/0/access/allow/0'],
    ['verbose errors', { headers: { verboseErrors: 'keep' } }, 'weak /apis/0/headers/verboseErrors'],
    ['a stage observing', { validate: { mode: 'observe' } }, 'note /apis/0/validate/mode'],
    [
      'a stage of an endpoint off',
      { endpoints: [{ path: '/x', cors: { mode: 'off' } }] },
      'note /apis/0/endpoints/0/cors/mode',
    ],
    ['no limit', { rateLimit: {} }, 'note /apis/0'],
    [
      'an upstream unverified',
      { upstream: { targets: ['https://x'], tls: { verify: false } } },
      'weak /apis/0/upstream/tls/verify',
    ],
  ])('%s', (_, api, expected) => {
    expect(found({}, api)).toEqual([expected]);
  });

  test('what several APIs inherit is told once', () => {
    const apis = ['a', 'b'].map((id) => ({ id, path: `/${id}`, upstream, rateLimit: { perDay: 1 } }));
    expect(found({ defaults: { cors: { origins: ['*'] } }, apis })).toEqual([
      'weak /defaults/cors/origins/0',
    ]);
  });

  test('a private key in the file is weak, a reference to one is not', () => {
    const text = (key: string) =>
      `{version: 1, listeners: [{name: s, port: 1, tls: {certificates: [{cert: api.pem, key: ${key}}]}}],
        apis: [{id: a, upstream: 'http://127.0.0.1:1', rateLimit: {perDay: 5}}]}`;
    const path = join(import.meta.dirname, 'testdata/files/x.yaml');
    const typed = parseConfig(text('"-----BEGIN PRIVATE KEY-----\\nAAAA"'), path, { env: {} });
    expect(typed.typedSecrets).toEqual(['/listeners/0/tls/certificates/0/key']);
    expect(typed.config && findWeaknesses(typed.config, typed.typedSecrets)).toMatchObject([
      { level: 'weak' },
    ]);
    expect(parseConfig(text('"${file:api.key}"'), path, { env: {} }).typedSecrets).toEqual([]);
  });
});

describe('the database', () => {
  const DIR = join(import.meta.dirname, 'testdata/files/x.yaml');
  const load = (store: object) =>
    parseConfig(
      JSON.stringify({ version: 1, store, apis: [{ id: 'web', upstream: 'http://127.0.0.1:3000' }] }),
      DIR,
      {
        env: { PW: 'hunter2', URL: URL_TYPED },
      },
    );
  const URL_TYPED = 'postgres://gw:hunter2@db.company.com/records';
  const FULL = 'postgres://gw@db.company.com/records';

  test.each<[object, string[]]>([
    [{ url: FULL, password: '${env:PW}' }, []],
    [{ url: '${env:URL}' }, []],
    [{ url: `${FULL}?sslmode=verify-ca` }, []],
    [{ url: 'postgres://gw@localhost/records' }, []],
    [{ url: 'postgres://gw@/records?host=/run/postgresql' }, []],
    [{ url: FULL, password: 'hunter2' }, ['/store/password A secret is written into the configuration']],
    [{ url: URL_TYPED }, ['/store/url A secret is written into the configuration']],
    [{ url: `${FULL}?sslmode=disable` }, ['/store/url Password and records go to the database in clear']],
    [{ url: `${FULL}?sslmode=require` }, ['/store/url Anyone in between can be the database']],
    [{ url: FULL, maxStaleS: 55 }, []],
    [{ url: FULL, maxStaleS: 56 }, ['/store/maxStaleS A gateway that is cut off']],
    [{ maxStaleS: 3600 }, []],
  ])('%j', (store, expected) => {
    const { config, typedSecrets, problems } = load(store);
    expect(problems).toEqual([]);
    const found = config === null ? [] : findWeaknesses(config, typedSecrets);
    const told = found
      .map(({ pointer, message }) => `${pointer} ${message}`)
      .filter((line) => line.startsWith('/store'));
    expect(told).toHaveLength(expected.length);
    for (const [at, sentence] of expected.entries()) expect(told[at]).toContain(sentence);
  });

  test('a mistake in it quotes no password', () => {
    for (const url of [
      'postgres://gw:hunter2@',
      'postgres://gw:hunter2@db/records?sslmode=prefer',
      'mysql://gw:hunter2@db/x',
    ]) {
      const { config, problems } = load({ url });
      expect([config, problems.length]).toEqual([null, 1]);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });
});
