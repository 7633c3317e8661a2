import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

/** A gateway whose only API has these limits, in front of an upstream that answers. */
async function openWith(rateLimit: object) {
  const upstream = await start();
  const origin = `http://127.0.0.1:${upstream.port}`;
  const apis = [{ id: 'web', path: '/', upstream: origin, authenticate: 'none', rateLimit }];
  const gateway = await startTestGateway(plainConfig(upstream.port, { apis }));
  return {
    gateway,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

test('an enforced burst refuses what the minute still has room for', async () => {
  await using world = await openWith({ perMinute: 60, burst: { factor: 2, forS: 10 } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(world.port)));
  const passed = answers.filter(({ status }) => status === 200).length;
  // Ten tokens, and one more for each second that the requests took.
  expect(passed).toBeGreaterThanOrEqual(10);
  expect(passed).toBeLessThan(20);
  const refused = answers.find(({ status }) => status === 429);
  const body = JSON.parse(refused?.body ?? '{}');
  expect(body).toMatchObject({ error: 'rate_limit_exceeded', current_limit: 10, remaining: 0 });
  expect(body.retry_after).toBeLessThanOrEqual(10);
});

test('a watched burst refuses nothing; the record tells of it, and the operator of too many', async () => {
  const burst = { mode: 'observe', factor: 1.1, forS: 1, reviewAbove: 1 };
  await using world = await openWith({ perMinute: 6000, burst });
  const notices = async (): Promise<{ payload: object }[]> =>
    (
      (await (await world.gateway.admin('/v1/notices?kind=ratelimit.burst-abuse')).json()) as {
        notices: { payload: object }[];
      }
    ).notices;
  await until('the notice', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(world.port)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // Only from a full bucket does another burst begin: it is full again after a tenth of a second.
    await pause(200);
    return (await notices()).length > 0;
  });
  expect((await notices()).map(({ payload }) => payload)).toEqual([
    expect.objectContaining({
      client: '127.0.0.1',
      address: '127.0.0.1',
      perMinute: 6000,
      timesInAnHour: 2,
      countedBy: 'address',
    }),
  ]);
  const checks = (await world.gateway.records(1)).flatMap(({ portcullis }) => portcullis.checks);
  const watched = checks.filter(({ reason }) => reason === 'ratelimit.burst');
  expect(watched.length).toBeGreaterThan(0);
  expect(watched[0]).toMatchObject({ stage: 'limit-principal', verdict: 'would-deny' });
});
