import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { needs } from '../support/binaries.ts';
import { type IssuerKey, IssuerProcess, makeKey } from '../support/issuer-process.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const hasRedis = needs('redis-server', 'redis-server');
const PASSWORD = 'the-password-of-redis';

describe.skipIf(!hasRedis)('two gateways that share a Redis', () => {
  let upstream: RecordingUpstream;
  let issuer: IssuerProcess;
  let redis: TestRedis;
  let key: IssuerKey;
  let gateways: readonly [TestGateway, TestGateway];
  let serial = 0;

  beforeAll(async () => {
    key = makeKey('k1');
    upstream = await start();
    issuer = await IssuerProcess.open([key]);
    redis = await startRedis(['--requirepass', PASSWORD]);
    gateways = [await startNode(), await startNode()];
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await upstream.close();
  });

  function startNode(counters: object = {}): Promise<TestGateway> {
    const api = (id: string, replay: string) => ({
      id,
      path: `/${id}`,
      upstream: `http://127.0.0.1:${upstream.port}`,
      authenticate: { jwt: { issuer: 'test', audience: 'api', replay } },
    });
    const config = plainConfig(upstream.port, {
      threads: 2,
      counters: { url: redis.url, password: '${file:redis.password}', timeoutMs: 500, ...counters },
      issuers: [issuer.block()],
      apis: [api('once', 'once'), api('bound', 'bound'), api('off', 'off')],
    });
    return startTestGateway(config, { 'redis.password': PASSWORD });
  }

  const newToken = () => issuer.sign(key, { jti: `j${++serial}` });
  const send = async (node: number, path: string, text: string, agent = 'app/1') => {
    const fields = `Authorization: Bearer ${text}\r\nUser-Agent: ${agent}\r\n`;
    return (await ask(gateways[node]!.port, fields, path)).status;
  };

  test('let a token in that may be used once a single time together', async () => {
    for (let round = 0; round < 5; round++) {
      const text = newToken();
      const answers = Array.from({ length: 30 }, (_, at) => send(at % 2, '/once', text));
      const statuses = await Promise.all(answers);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 401)).toHaveLength(29);
    }
  });

  test('agree on the client that a token is bound to', async () => {
    const text = newToken();
    expect(await send(0, '/bound', text)).toBe(200);
    expect(await send(1, '/bound', text)).toBe(200);
    expect(await send(1, '/bound', text, 'curl/8')).toBe(401);
    expect(await send(0, '/bound', text, 'curl/8')).toBe(401);
  });

  test('refuse with 503, and name Redis, while it is gone; what needs no Redis goes on', async () => {
    const [used, known] = [newToken(), newToken()];
    expect(await send(0, '/once', used)).toBe(200);
    expect(await send(0, '/bound', known)).toBe(200);
    await redis.kill();
    expect(await send(1, '/once', newToken())).toBe(503);
    expect(await send(1, '/bound', newToken())).toBe(503);
    expect(await send(1, '/off', newToken())).toBe(200);
    expect(await send(0, '/bound', known), 'its client was confirmed moments ago').toBe(200);
    const port = `${redis.port}`;
    await until('the journal says why', async () => {
      const records = await gateways[1].records(1);
      const refused = records.filter(
        ({ portcullis }) => portcullis.decision.reason === 'authn.replay-unavailable',
      );
      return (
        refused.length >= 2 && refused.every(({ portcullis }) => portcullis.decision.detail?.includes(port))
      );
    });
    const told = gateways[1].log.map(({ message }) => message).join('\n');
    expect(told).toContain(port);
    expect(told).not.toContain(PASSWORD);
    await redis.start();
    await until('it is used again', async () => (await send(1, '/once', newToken())) === 200);
    await until('by both', async () => (await send(0, '/once', newToken())) === 200);
    // A thread that asks Redis again tells the main thread, which may be busy.
    const works = 'What gateways share in Redis works again.';
    await until('it is told', async () => gateways[1].log.some(({ message }) => message === works));
  });

  test('a gateway that starts without Redis serves what needs none, and everything when it comes', async () => {
    await redis.kill();
    await using late = await startNode();
    const fields = () => `Authorization: Bearer ${newToken()}\r\n`;
    expect((await ask(late.port, fields(), '/off')).status).toBe(200);
    expect((await ask(late.port, fields(), '/once')).status).toBe(503);
    await redis.start();
    await until('it serves', async () => (await ask(late.port, fields(), '/once')).status === 200);
  });

  test('with `local` a gateway decides alone meanwhile', async () => {
    await using alone = await startNode({ onFailure: 'local' });
    await redis.kill();
    const fields = `Authorization: Bearer ${newToken()}\r\n`;
    await until('it noticed', async () => (await ask(alone.port, fields, '/once')).status === 401);
    expect((await ask(alone.port, fields, '/once')).status).toBe(401);
    await redis.start();
  });
});
