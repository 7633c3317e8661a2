import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AdaptiveWatch } from '../../src/runtime/adaptive-watch.ts';
import { start as openUpstream, type RecordingUpstream } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

/** Windows end when the test says so: the timer of the gateway does not come to it. */
const ADAPTIVE = {
  mode: 'enforce',
  windowS: 600,
  learnS: 1,
  minimumHistory: 5,
  settleS: 600,
  minimumRequests: 4,
  holdS: 1,
  maxClients: 200,
};
const LIMIT = 400;
const CLIENTS = 30;
const ABUSER = '203.0.113.200';

let upstream: RecordingUpstream;
beforeAll(async () => {
  upstream = await openUpstream();
});
afterAll(() => upstream.close());

const addressOf = (i: number): string => `198.51.100.${i + 1}`;

async function start(adaptive: object): Promise<TestGateway> {
  return startTestGateway(
    plainConfig(upstream.port, {
      threads: 2,
      adaptive,
      trustedProxies: ['127.0.0.1/32'],
      limits: { connectionsPerAddress: 1000 },
      defaults: { addressLimit: { perMinute: LIMIT } },
    }),
  );
}

const send = (gateway: TestGateway, address: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${gateway.port}/items`, { headers: { 'x-forwarded-for': address } });

async function sendMany(gateway: TestGateway, address: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await (await send(gateway, address)).arrayBuffer();
}

/** One window: everybody sends a few requests, the abuser so many. */
async function window(gateway: TestGateway, ofAbuser: number): Promise<void> {
  const usual = Array.from({ length: CLIENTS }, (_, i) => sendMany(gateway, addressOf(i), 5 + (i % 3)));
  await Promise.all([...usual, sendMany(gateway, ABUSER, ofAbuser)]);
  await watchOf(gateway).endWindow();
}

const watchOf = (gateway: TestGateway): AdaptiveWatch => gateway.gateway.services.adaptive as AdaptiveWatch;

async function learn(gateway: TestGateway): Promise<void> {
  const startedMs = Date.now();
  for (let i = 0; i < 5; i++) await window(gateway, 6);
  await until('the time to learn', () => Date.now() - startedMs > 1_000);
  // Now clients are known; these windows are what the forest learns from.
  for (let i = 0; i < 5; i++) await window(gateway, 6);
  await until(
    'enough is known',
    async () => {
      await window(gateway, 6);
      return watchOf(gateway).report().isReady;
    },
    30_000,
  );
}

interface View {
  readonly active: { client: string; drivers: { feature: string }[] }[];
  readonly actions: { kind: string; client: string; mode: string }[];
}
const viewOf = async (gateway: TestGateway): Promise<View> =>
  (await (await gateway.admin('/v1/limits/adaptive')).json()) as View;
const noticesOf = async (gateway: TestGateway, kind: string) => {
  const response = await gateway.admin(`/v1/notices?kind=${kind}`);
  return ((await response.json()) as { notices: { payload: Record<string, unknown> }[] }).notices;
};

test('a spike halves the limits of a client, tells so with what drove it, and they are restored', async () => {
  await using gateway = await start(ADAPTIVE);
  await learn(gateway);
  await window(gateway, 90);
  expect((await viewOf(gateway)).active).toEqual([]);
  await window(gateway, 90);

  const [active, ...others] = (await viewOf(gateway)).active;
  expect(others).toEqual([]);
  expect(active).toMatchObject({ client: ABUSER, clientKind: 'address', kind: 'throttled', share: 0.5 });
  expect(active?.drivers[0]?.feature).toBe('requests');

  // What was sent counts: of half the limit only a little is left.
  let refused: Response | null = null;
  for (let i = 0; i < LIMIT / 2 && refused === null; i++) {
    const response = await send(gateway, ABUSER);
    if (response.status === 429) refused = response;
    else await response.arrayBuffer();
  }
  expect(refused?.headers.get('x-ratelimit-limit')).toBe(String(LIMIT / 2));
  expect(await refused?.json()).toMatchObject({ error: 'rate_limit_exceeded', current_limit: LIMIT / 2 });
  const other = await send(gateway, addressOf(0));
  expect(other.headers.get('x-ratelimit-limit')).toBe(String(LIMIT));

  const isRefusal = ({ portcullis }: { portcullis: { decision: { reason: string } } }): boolean =>
    portcullis.decision.reason === 'ratelimit.exceeded';
  await until('the record', async () => (await gateway.records(1)).some(isRefusal));
  const detail = (await gateway.records(1)).find(isRefusal)?.portcullis.decision.detail ?? '';
  expect(detail).toMatch(
    /limits are at 50 %: unusual behaviour \(\d+ requests in a window where \d+ requests is usual/,
  );

  await until('the notice', async () => (await noticesOf(gateway, 'adaptive.throttled')).length === 1);
  const [notice] = await noticesOf(gateway, 'adaptive.throttled');
  expect(notice?.payload).toMatchObject({ address: ABUSER, mode: 'enforce', share: 0.5 });
  expect(String(notice?.payload.features)).toMatch(/^requests: \d+ requests, usually \d+ requests/);

  for (let i = 0; i < 3; i++) await window(gateway, 6);
  await until('the restoration', async () => {
    await watchOf(gateway).endWindow();
    return (await viewOf(gateway)).active.length === 0;
  });
  const restored = await send(gateway, ABUSER);
  expect(restored.headers.get('x-ratelimit-limit')).toBe(String(LIMIT));
  await until('the second notice', async () => (await noticesOf(gateway, 'adaptive.restored')).length === 1);
  const kinds = (await viewOf(gateway)).actions.map(({ kind }) => kind);
  expect(kinds[0]).toBe('restored');
  expect(kinds.at(-1)).toBe('throttled');
});

test('in observe mode it is told and nothing is done; what is accepted is no longer unusual', async () => {
  await using gateway = await start({ ...ADAPTIVE, mode: 'observe' });
  await learn(gateway);
  await window(gateway, 90);
  await window(gateway, 90);
  expect((await viewOf(gateway)).actions).toMatchObject([
    { kind: 'throttled', client: ABUSER, mode: 'observe' },
  ]);
  expect((await send(gateway, ABUSER)).headers.get('x-ratelimit-limit')).toBe(String(LIMIT));
  const body = JSON.stringify({ client: ABUSER, clientKind: 'address' });
  const accept = () => gateway.admin('/v1/limits/adaptive/accept', { method: 'POST', body });
  expect(await (await accept()).json()).toEqual({ accepted: true });
  expect(await (await accept()).json()).toEqual({ accepted: false });
  expect((await viewOf(gateway)).active).toEqual([]);
  await window(gateway, 90);
  await window(gateway, 90);
  expect((await viewOf(gateway)).active).toEqual([]);
});
