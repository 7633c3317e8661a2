import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { JwksFetcher } from './fetcher.ts';
import type { KeyIssuer } from './issuer-keys.ts';
import type { KeySetUpdate } from './key-set-update.ts';

const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const jwks = (...kids: string[]) => JSON.stringify({ keys: kids.map((kid) => ({ ...jwk, kid })) });
const KEYS_URL = 'https://auth.example/keys';
const byUrl: KeyIssuer = {
  id: 'a',
  issuer: 'https://auth.example',
  jwks: { url: KEYS_URL },
  refreshS: 3600,
  maxStaleS: 86_400,
};
const { jwks: _, ...byDiscovery } = byUrl;
const byFile: KeyIssuer = { ...byUrl, jwks: { file: '/keys.json' } };

/** Time, timers, files and the network, all in the hands of the test. */
class World {
  time = 0;
  timers: { atMs: number; run: () => void }[] = [];
  web = new Map<string, string | Error>();
  fetched: string[] = [];
  published: KeySetUpdate[] = [];
  gate: Promise<void> | null = null;
  fetcher = new JwksFetcher({
    clock: { nowMs: () => this.time },
    scheduler: {
      after: (delayMs, run) => {
        const timer = { atMs: this.time + delayMs, run };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((other) => other !== timer);
        };
      },
    },
    random: () => 1,
    fetchText: (url) => this.#read(url),
    readFile: (path) => this.#read(path),
    publish: (update) => this.published.push(update),
  });

  async #read(place: string): Promise<string> {
    this.fetched.push(place);
    if (this.gate !== null) await this.gate;
    const text = this.web.get(place) ?? new Error(`${place} answered with status 404.`);
    if (text instanceof Error) throw text;
    return text;
  }

  get last() {
    return this.published.at(-1);
  }

  /** Lets time pass, timers run, and what they started come to its end. */
  async pass(forMs: number) {
    const until = this.time + forMs;
    for (;;) {
      const next = this.timers
        .filter(({ atMs }) => atMs <= until)
        .sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.atMs);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = until;
  }
}

let world: World;
const down = new Error('https://auth.example could not be reached.');
const HOUR = 3_600_000;

beforeEach(() => {
  world = new World();
});

describe('JwksFetcher', () => {
  test('loads at once, publishes, and refreshes within the hour', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    expect(world.published).toEqual([
      { issuerId: 'a', jwks: jwks('k1'), problem: '', fetchProblem: '', acceptSecrets: false },
    ]);
    world.web.set(KEYS_URL, jwks('k2'));
    await world.pass(HOUR);
    expect(world.last?.jwks).toBe(jwks('k2'));
    expect(world.fetched).toHaveLength(2);
  });

  test('publishes nothing when nothing changed', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    await world.pass(10 * HOUR);
    expect(world.fetched.length).toBeGreaterThan(9);
    expect(world.published).toHaveLength(1);
  });

  test('says why keys are not there, and tries again with growing pauses', async () => {
    world.web.set(KEYS_URL, down);
    await world.fetcher.setIssuers([byUrl]);
    expect(world.last).toMatchObject({ jwks: null, problem: down.message });
    await world.pass(60_000);
    expect(world.fetched).toHaveLength(1 + 3); // after 5, 15 and 35 seconds
    await world.pass(HOUR);
    expect(world.fetched.length).toBeLessThan(20);
    world.web.set(KEYS_URL, jwks('k1'));
    await world.pass(300_000);
    expect(world.last).toMatchObject({ jwks: jwks('k1'), problem: '' });
  });

  test('keeps the keys of a provider that is down up to the stated age, and then says so', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    world.web.set(KEYS_URL, down);
    await world.pass(24 * HOUR - 1);
    expect(world.published).toHaveLength(2);
    expect(world.last).toMatchObject({ jwks: jwks('k1'), problem: '', fetchProblem: down.message });
    expect(world.fetcher.statuses).toMatchObject([
      { issuerId: 'a', loadedAtMs: 0, lastProblem: down.message },
    ]);
    await world.pass(1);
    expect(world.last).toMatchObject({ jwks: null });
    expect(world.last?.problem).toContain('older than 86400 seconds');
    world.web.set(KEYS_URL, jwks('k1'));
    await world.pass(300_000);
    expect(world.last).toMatchObject({ jwks: jwks('k1'), problem: '' });
  });

  test.each(['', '<html>', '[]', '{}', '{"keys":7}', 'null'])(
    'keeps the keys when %j comes',
    async (text) => {
      world.web.set(KEYS_URL, jwks('k1'));
      await world.fetcher.setIssuers([byUrl]);
      world.web.set(KEYS_URL, text);
      await world.pass(HOUR);
      expect(world.last).toMatchObject({ jwks: jwks('k1'), problem: '' });
      expect(world.last?.fetchProblem).toContain(KEYS_URL);
      expect(world.fetcher.statuses[0]?.lastProblem).toContain(KEYS_URL);
    },
  );

  test('an empty key set withdraws the keys', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    world.web.set(KEYS_URL, '{"keys":[]}');
    await world.pass(HOUR);
    expect(world.last).toMatchObject({ jwks: null, problem: `${KEYS_URL} holds no key that can be used.` });
  });

  test('secrets from the network are no keys', async () => {
    const oct = JSON.stringify({ keys: [{ kty: 'oct', k: Buffer.alloc(32).toString('base64url') }] });
    world.web.set(KEYS_URL, oct);
    await world.fetcher.setIssuers([byUrl]);
    expect(world.last?.jwks).toBeNull();
    world.web.set('/keys.json', oct);
    await world.fetcher.setIssuers([byFile]);
    expect(world.last).toMatchObject({ jwks: oct, acceptSecrets: true });
  });

  test('a refetch brings new keys, once for all who ask', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    world.web.set(KEYS_URL, jwks('k1', 'k2'));
    const results = await Promise.all(Array.from({ length: 20 }, () => world.fetcher.refetch('a')));
    expect(results.every(Boolean)).toBe(true);
    expect(world.fetched).toHaveLength(2);
    expect(world.last?.jwks).toBe(jwks('k1', 'k2'));
  });

  test('at most ten fetches a minute, whatever is asked', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    for (let i = 0; i < 500; i++) await world.fetcher.refetch('a');
    expect(world.fetched).toHaveLength(10);
    expect(await world.fetcher.refetch('a')).toBe(false);
    await world.pass(60_000);
    expect(await world.fetcher.refetch('a')).toBe(true);
  });

  test('at most ten fetches a minute also when a flood goes on over the hour', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    const times: number[] = [];
    for (let at = 0; at < 2 * HOUR; at += 10_000) {
      const before = world.fetched.length;
      for (let i = 0; i < 20; i++) await world.fetcher.refetch('a');
      await world.pass(10_000);
      for (let i = before; i < world.fetched.length; i++) times.push(world.time);
    }
    for (const time of times)
      expect(times.filter((other) => other > time - 50_000 && other <= time).length).toBeLessThanOrEqual(10);
    expect(times.length).toBeGreaterThan(1000);
  });

  test('at most ten fetches a minute also while discovery fails', async () => {
    await world.fetcher.setIssuers([byDiscovery]);
    for (let i = 0; i < 500; i++) await world.fetcher.refetch('a');
    expect(world.fetched.length).toBeLessThanOrEqual(10);
  });

  test('an issuer that nobody configured has nothing to fetch', async () => {
    expect(await world.fetcher.refetch('nobody')).toBe(false);
  });

  test('reads files when told', async () => {
    world.web.set('/keys.json', jwks('k1'));
    await world.fetcher.setIssuers([byFile]);
    world.web.set('/keys.json', jwks('k2'));
    await world.pass(100 * HOUR);
    expect(world.fetched).toHaveLength(1);
    await world.fetcher.rereadFiles();
    expect(world.last?.jwks).toBe(jwks('k2'));
    world.web.set('/keys.json', new Error('/keys.json: permission denied.'));
    await world.fetcher.rereadFiles();
    await world.pass(100 * HOUR);
    expect(world.last?.jwks).toBe(jwks('k2'));
  });

  test('tells a new thread what the others know', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    expect(world.fetcher.updates).toEqual(world.published);
  });

  test('a reload keeps what did not change and drops what is gone', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    await world.fetcher.setIssuers([{ ...byUrl }]);
    expect(world.fetched).toHaveLength(1);
    await world.fetcher.setIssuers([]);
    expect(world.last).toMatchObject({ issuerId: 'a', jwks: null });
    await world.pass(10 * HOUR);
    expect(world.fetched).toHaveLength(1);
  });

  test('what arrives after an issuer was replaced is not published', async () => {
    world.web.set(KEYS_URL, jwks('old'));
    let open = () => {};
    world.gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = world.fetcher.setIssuers([byUrl]);
    world.gate = null;
    world.web.set('https://auth.example/other', jwks('new'));
    await world.fetcher.setIssuers([{ ...byUrl, jwks: { url: 'https://auth.example/other' } }]);
    open();
    await first;
    expect(world.last?.jwks).toBe(jwks('new'));
  });

  test('stops when closed', async () => {
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byUrl]);
    world.fetcher.close();
    expect(world.timers).toEqual([]);
    expect(await world.fetcher.refetch('a')).toBe(false);
  });
});

describe('discovery', () => {
  const OIDC = 'https://auth.example/.well-known/openid-configuration';
  const OAUTH = 'https://auth.example/.well-known/oauth-authorization-server';
  const metadata = (change: object = {}) =>
    JSON.stringify({ issuer: byUrl.issuer, jwks_uri: KEYS_URL, ...change });

  test.each([OIDC, OAUTH])('by %s', async (url) => {
    world.web.set(url, metadata());
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byDiscovery]);
    expect(world.last?.jwks).toBe(jwks('k1'));
  });

  test('knows where a path in the issuer belongs', async () => {
    await world.fetcher.setIssuers([{ ...byDiscovery, issuer: 'https://auth.example/realms/x/' }]);
    expect(world.fetched).toEqual([
      'https://auth.example/realms/x/.well-known/openid-configuration',
      'https://auth.example/.well-known/oauth-authorization-server/realms/x',
    ]);
  });

  test.each<[string, string]>([
    [metadata({ issuer: 'https://auth.example/' }), 'names another issuer'],
    [metadata({ issuer: undefined }), 'names another issuer'],
    [metadata({ jwks_uri: undefined }), 'has no `jwks_uri`'],
    [metadata({ jwks_uri: 'http://auth.example/keys' }), 'without https'],
    [metadata({ jwks_uri: 'file:///etc/passwd' }), 'without https'],
    ['null', 'names another issuer'],
    ['x', 'is not JSON'],
  ])('%s is not used', async (text, why) => {
    world.web.set(OIDC, text);
    await world.fetcher.setIssuers([byDiscovery]);
    expect(world.last?.jwks).toBeNull();
    expect(world.last?.problem).toContain(why);
    expect(world.fetched).toEqual([OIDC, OAUTH]);
  });

  test('finds keys that moved at the next refresh', async () => {
    world.web.set(OIDC, metadata());
    world.web.set(KEYS_URL, jwks('k1'));
    await world.fetcher.setIssuers([byDiscovery]);
    world.web.delete(KEYS_URL);
    world.web.set(OIDC, metadata({ jwks_uri: 'https://auth.example/moved' }));
    world.web.set('https://auth.example/moved', jwks('k2'));
    await world.pass(HOUR);
    expect(world.last?.jwks).toBe(jwks('k2'));
  });
});
