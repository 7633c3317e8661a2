import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { needs } from '../support/binaries.ts';
import { type CutProxy, startCutProxy } from '../support/cut-proxy.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { startLoad } from '../support/load.ts';
import {
  type Address,
  addressOf,
  hasPostgres,
  startPostgres,
  type TestPostgres,
} from '../support/postgres.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { startRedis } from '../support/redis-server.ts';
import {
  command,
  keyHeader,
  probe,
  type SharedGateway,
  type SharedOptions,
  sharedFolder,
  startShared,
} from '../support/several-gateways.ts';
import { until } from '../support/test-gateway.ts';

const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`;

describe.runIf(hasPostgres())('two gateways on one PostgreSQL', () => {
  let server: TestPostgres;
  let upstream: RecordingUpstream;
  let issuer: TestIssuer;
  let at: Address;
  let started: SharedGateway[];
  let proxies: CutProxy[];

  beforeAll(async () => {
    [server, upstream, issuer] = await Promise.all([startPostgres(), start(), startIssuer()]);
  });
  afterAll(async () => {
    await Promise.all([server[Symbol.asyncDispose](), upstream.close(), issuer[Symbol.asyncDispose]()]);
  });
  beforeEach(() => {
    at = server.createDatabase();
    started = [];
    proxies = [];
  });
  afterEach(async () => {
    // A test that failed may have left it frozen.
    server.signal('SIGCONT');
    for (const { process } of started) process.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    for (const { folder } of started) folder[Symbol.dispose]();
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    upstream.clear();
  });

  async function open(name: string, more: Partial<SharedOptions> = {}): Promise<SharedGateway> {
    const gateway = await startShared({ name, at, upstreamPort: upstream.port, issuer, ...more });
    started.push(gateway);
    return gateway;
  }
  const openBoth = (): Promise<[SharedGateway, SharedGateway]> => Promise.all([open('gw-a'), open('gw-b')]);

  /** A gateway that reaches the database through a proxy. */
  async function openBehindProxy(name: string): Promise<{ gateway: SharedGateway; proxy: CutProxy }> {
    const proxy = await startCutProxy(server.port);
    proxies.push(proxy);
    const gateway = await open(name, { at: addressOf(at.name, '127.0.0.1', proxy.port) });
    return { gateway, proxy };
  }

  test('a key made on one works on every thread of the other, and one revoked there on none', async () => {
    const [a, b] = await openBoth();
    for (const [maker, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const made = await maker.createKey('k');
      expect(await askAll(other.port, keyHeader(made.key))).toEqual({ 200: 24 });
      const revoked = await maker.revoke(made.id);
      expect(await askAll(other.port, keyHeader(made.key))).toEqual({ 401: 24 });
      expect(revoked).toMatchObject({ status: 200, nodes: [{ state: 'applied' }] });
      expect(revoked.ms).toBeLessThan(5_000);
    }
  });

  test('a revocation under load on both: not one request after it is let in', async () => {
    const [a, b] = await openBoth();
    const made = await a.createKey('k');
    const loads = [a, b].map(({ port }) =>
      startLoad(port, { keeping: 3, fresh: 1, headers: keyHeader(made.key) }),
    );
    await until('they run', () => loads.every(({ answered }) => answered > 50));
    expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
    const revoked = await a.revoke(made.id);
    const counts = await Promise.all([a, b].map(({ port }) => askAll(port, keyHeader(made.key), 60)));
    expect([revoked.status, ...counts]).toEqual([200, { 401: 60 }, { 401: 60 }]);
    await Promise.all(loads.map((load) => load.stop()));
  });

  test('twenty revocations at once, on both: each is complete when it is answered', async () => {
    const [a, b] = await openBoth();
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).createKey(`k${i}`)));
    const results = await Promise.all(
      made.map(async ({ key, id }, i) => {
        const revoked = await (i % 2 ? b : a).revoke(id);
        const after = await Promise.all([a, b].map(({ port }) => ask(port, keyHeader(key))));
        return [revoked.status, ...after.map(({ status }) => status)];
      }),
    );
    expect(results).toEqual(made.map(() => [200, 401, 401]));
  });

  test.each(['SIGSTOP', 'fast shutdown'] as const)(
    'a database that is gone by %s: keys work until the lease ends, then 503 names it, tokens go on',
    async (how) => {
      const [a, b] = await openBoth();
      const made = await a.createKey('k');
      const other = await a.createKey('revoked');
      await a.revoke(other.id);
      const watched = [a, b].map(({ port }) => probe(port, keyHeader(made.key)));
      const startMs = performance.now();
      if (how === 'SIGSTOP') server.signal('SIGSTOP');
      else await server.stop();
      await until('both refuse', () => watched.every((each) => each.last(503) > 0), 20_000);
      const acceptedMs = Math.max(...watched.map((each) => each.last(200))) - startMs;
      expect(acceptedMs).toBeGreaterThan(5_000);
      expect(acceptedMs).toBeLessThan(11_000);
      for (const { port, folder } of [a, b]) {
        expect(await askAll(port, keyHeader(made.key))).toEqual({ 503: 24 });
        expect(await askAll(port, keyHeader(other.key))).toEqual({ 503: 24 });
        expect((await ask(port, bearer(issuer.sign()), '/jwt/a')).status).toBe(200);
        const { body } = await ask(port, keyHeader(made.key));
        expect(JSON.parse(body)).toMatchObject({ status: 503, error: 'service_unavailable' });
        expect(body).not.toMatch(/database|postgres/);
        await until('the journal has it', () =>
          folder.records().some(({ portcullis: { decision } }) => decision.reason === 'authn.unavailable'),
        );
        const [record] = folder
          .records()
          .filter(({ portcullis: { decision } }) => decision.reason === 'authn.unavailable');
        expect(record?.portcullis.decision.detail).toBe(
          `API keys cannot be verified. The database postgres://gateway@127.0.0.1:${server.port}/${at.name} was not reached for 10 s.`,
        );
      }
      await until('the status says so', async () => {
        const status = (await (await a.admin('/v1/status')).json()) as { problems: string[] };
        return /cannot be reached .* API keys are answered with 503 until then/.test(status.problems.join());
      });
      const whileDown = await a.admin('/v1/keys', { method: 'POST', body: '{"name":"x"}' });
      expect(whileDown.status).toBe(503);
      if (how === 'SIGSTOP') server.signal('SIGCONT');
      else await server.start();
      await until('both accept', async () => {
        const counts = await Promise.all([a, b].map(({ port }) => askAll(port, keyHeader(made.key))));
        return counts.every((count) => count[200] === 24);
      });
      for (const each of watched) await each.stop();
      expect(watched.map((each) => each.statuses())).toEqual([
        [200, 503],
        [200, 503],
      ]);
      expect(await askAll(b.port, keyHeader(other.key))).toEqual({ 401: 24 });
    },
  );

  test('a gateway that is cut off: the revocation waits until it refuses, and says so', async () => {
    const a = await open('gw-a');
    const { gateway: b, proxy } = await openBehindProxy('gw-b');
    const [made, kept] = [await a.createKey('k'), await a.createKey('kept')];
    const watched = probe(b.port, keyHeader(made.key));
    await until('it is let in', () => watched.last(200) > 0);
    proxy.cut();
    const startMs = performance.now();
    const revoked = await a.revoke(made.id);
    const answeredMs = performance.now();
    expect(await askAll(b.port, keyHeader(made.key))).toEqual({ 503: 24 });
    expect(revoked).toMatchObject({ status: 200, nodes: [{ name: 'gw-b', state: 'lease-ended' }] });
    expect(watched.last(200)).toBeLessThan(answeredMs);
    expect(answeredMs - startMs).toBeLessThan(13_000);
    expect(await askAll(a.port, keyHeader(made.key))).toEqual({ 401: 24 });
    proxy.heal();
    await until('it is back', async () => (await ask(b.port, keyHeader(kept.key))).status === 200);
    expect(await askAll(b.port, keyHeader(made.key))).toEqual({ 401: 24 });
    await watched.stop();
    expect(watched.last(200)).toBeLessThan(answeredMs);
  });

  test('a gateway that froze accepts no revoked key when it goes on, however late', async () => {
    const [a, b] = await openBoth();
    const made = await a.createKey('k');
    expect(await askAll(b.port, keyHeader(made.key))).toEqual({ 200: 24 });
    b.process.kill('SIGSTOP');
    const asked = askAll(b.port, keyHeader(made.key), 40);
    const revoked = await a.revoke(made.id);
    expect(revoked).toMatchObject({ status: 200, nodes: [{ name: 'gw-b', state: 'lease-ended' }] });
    b.process.kill('SIGCONT');
    const counts = await asked;
    expect(counts[200]).toBeUndefined();
    await until('it is back', async () => (await ask(b.port, keyHeader(made.key))).status === 401);
  });

  test('a gateway that was killed is waited for once, and the command says so', async () => {
    const [a, b] = await openBoth();
    const [first, second] = [await a.createKey('k1'), await a.createKey('k2')];
    b.process.kill('SIGKILL');
    await b.ended;
    const { out, code } = await command(a.folder, 'key', 'revoke', first.id);
    expect(out).toMatch(
      /is revoked\. No thread accepts it any more; the slowest, thread \d, acknowledged after [\d.]+ ms\. The gateway gw-b is silent: it accepts no API key any more since its lease ended, which was waited for [\d.]+ s\.\n$/,
    );
    expect(code).toBe(0);
    const again = await a.revoke(second.id);
    expect(again.ms).toBeLessThan(3_000);
  });

  test('the command names the slowest; a gateway that stopped in order is waited for no more', async () => {
    const [a, b] = await openBoth();
    const [first, second] = [await a.createKey('k1'), await a.createKey('k2')];
    const { out } = await command(a.folder, 'key', 'revoke', first.id);
    expect(out).toMatch(
      /acknowledged after [\d.]+ ms\. The other gateway, gw-b, acknowledged after [\d.]+ ms\.\n$/,
    );
    const status = await command(a.folder, 'status');
    expect(status.out).toMatch(/GATEWAY +ID +VERSION +LAST HEARD OF +APPLIED/);
    expect(status.out).toMatch(/gw-a \(this one\) +[0-9a-f]{8} +\S+ +\d\.\d s ago +3\n/);
    expect(status.out).toMatch(/gw-b +[0-9a-f]{8} +\S+ +\d\.\d s ago +3\n/);
    b.process.kill('SIGTERM');
    expect((await b.ended).code).toBe(0);
    const revoked = await a.revoke(second.id);
    expect(revoked).toMatchObject({ status: 200, nodes: [] });
    expect(revoked.ms).toBeLessThan(2_000);
  });

  test('the command line works on the database where no gateway runs on its machine', async () => {
    const b = await open('gw-b');
    const folder = await sharedFolder({ name: 'gw-a', at, upstreamPort: upstream.port, issuer });
    const made = await command(folder, 'key', 'create', '--name', 'offline', '--json');
    const { key, id } = JSON.parse(made.out) as { key: string; id: string };
    expect(await askAll(b.port, keyHeader(key))).toEqual({ 200: 24 });
    const { out } = await command(folder, 'key', 'revoke', id);
    expect(out).toMatch(
      /No gateway runs here; .* The other gateway, gw-b, acknowledged after [\d.]+ ms\.\n$/,
    );
    expect(await askAll(b.port, keyHeader(key))).toEqual({ 401: 24 });
    folder[Symbol.dispose]();
  });

  test('either explains what the other decided, and counts the use of a key together with it', async () => {
    const [a, b] = await openBoth();
    const made = await a.createKey('k');
    await askAll(a.port, keyHeader(made.key), 5);
    await askAll(b.port, keyHeader(made.key), 7);
    expect((await ask(a.port)).status).toBe(401);
    let id = '';
    await until('it is in the journal', () => {
      const refused = a.folder.records().find(({ portcullis }) => portcullis.decision.effect === 'deny');
      id = refused?.['http.request.id'] ?? '';
      return id !== '';
    });
    await until('it is in the database', async () => (await b.admin(`/v1/requests/${id}`)).status === 200);
    const { out } = await command(b.folder, 'explain', id);
    expect(out).toMatch(/from the database/);
    const unknown = await command(b.folder, 'explain', 'nothing-of-that-kind');
    expect(unknown.err).toMatch(/It may be in the journal of another gateway: gw-a\./);
    const metrics = await (await b.admin('/metrics')).text();
    expect(metrics).toMatch(/portcullis_nodes\{state="heard"\} 2\n/);
    expect(metrics).toMatch(/portcullis_records_stale_seconds \d/);
    await until('all is counted', async () => {
      const key = (await (await b.admin(`/v1/keys/${made.id}`)).json()) as { usage: { requests: number } };
      return key.usage.requests === 12;
    });
  });

  test.runIf(needs('redis-server', 'redis-server'))(
    'a Redis that is killed half-way changes nothing for revocations',
    async () => {
      await using redis = await startRedis();
      const more = { counters: { url: redis.url } };
      const [a, b] = await Promise.all([open('gw-a', { more }), open('gw-b', { more })]);
      const made = await Promise.all(Array.from({ length: 10 }, (_, i) => a.createKey(`k${i}`)));
      const kept = await a.createKey('kept');
      const load = startLoad(b.port, { keeping: 2, fresh: 1, headers: keyHeader(kept.key) });
      const slowest: number[] = [];
      for (const [i, { key, id }] of made.entries()) {
        if (i === 5) await redis.kill();
        const revoked = await (i % 2 ? a : b).revoke(id);
        expect(revoked).toMatchObject({ status: 200, nodes: [{ state: 'applied' }] });
        slowest.push(revoked.ms);
        expect(await askAll(a.port, keyHeader(key), 12)).toEqual({ 401: 12 });
        expect(await askAll(b.port, keyHeader(key), 12)).toEqual({ 401: 12 });
      }
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(Math.max(...slowest)).toBeLessThan(5_000);
    },
  );
});
