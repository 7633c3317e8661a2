import { afterEach, expect, test } from 'vitest';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** Two requests per second are too much; it takes a minute of calm to end. */
const QUICK = { mode: 'enforce', requestsPerS: 2, startAfterS: 1, endAfterS: 60, strangersPerS: 1 };

const RECORDED = 'strangers: overload.attack: attack mode: others took what strangers share';

async function open(attackMode: object, threads = 1): Promise<TestGateway> {
  const upstream = await start();
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const url = `http://127.0.0.1:${upstream.port}`;
  const gateway = await startTestGateway({
    ...plainConfig(upstream.port),
    threads,
    attackMode,
    apis: [
      { id: 'keys', path: '/keys', upstream: url, authenticate: { apiKey: {} } },
      { id: 'limited', path: '/limited', upstream: url, authenticate: 'none', addressLimit: { perHour: 1 } },
      { id: 'web', path: '/', upstream: url, authenticate: 'none' },
    ],
  });
  closing.push(gateway);
  return gateway;
}

interface Answer {
  /** Whether it was refused because of an attack: a busy machine may refuse for another reason. */
  readonly isAttack: boolean;
  readonly status: number;
  readonly retryAfterS: number;
}

async function ask({ port }: TestGateway, path: string, headers = {}): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close', ...headers },
  });
  const isAttack = (await answer.text()).includes('reasons#overload.attack');
  return { isAttack, status: answer.status, retryAfterS: Number(answer.headers.get('retry-after')) };
}

async function shown(gateway: TestGateway): Promise<Record<string, unknown>> {
  return (await (await gateway.admin('/v1/attack')).json()) as Record<string, unknown>;
}

async function kinds(gateway: TestGateway): Promise<string[]> {
  const { notices } = (await (await gateway.admin('/v1/notices')).json()) as { notices: { kind: string }[] };
  return notices.map(({ kind }) => kind).filter((kind) => kind.startsWith('attack.'));
}

/** Sends in bursts until something holds: how fast the machine is decides only how many. */
async function floodUntil(what: string, send: () => Promise<unknown>, holds: () => Promise<boolean>) {
  await until(
    what,
    async () => {
      await Promise.all(Array.from({ length: 20 }, send));
      return holds();
    },
    60_000,
  );
}

test.each([1, 2])(
  'strangers turn it on together and share what there is, keys pass, in %i threads',
  async (threads) => {
    const gateway = await open(QUICK, threads);
    const { key } = await gateway.createKey({ name: 'known', owner: 'tests' });
    await floodUntil(
      'attack mode',
      () => ask(gateway, '/'),
      async () => (await shown(gateway)).isOn === true,
    );
    expect(await shown(gateway)).toMatchObject({ cause: 'threshold', thresholdPerS: 2, strangersPerS: 1 });
    const refused: Answer[] = [];
    await floodUntil(
      'a refusal',
      async () => refused.push(...[await ask(gateway, '/')].filter(({ isAttack }) => isAttack)),
      async () => refused.length > 0,
    );
    expect(refused[0]?.status).toBe(503);
    expect(refused[0]?.retryAfterS).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++)
      expect(await ask(gateway, '/keys', { 'x-api-key': key })).toMatchObject({ isAttack: false });
    expect(await (await gateway.admin('/metrics')).text()).toContain('\nportcullis_attack_mode 1\n');
    const status = (await (await gateway.admin('/v1/status')).json()) as { attack: object };
    expect(status.attack).toMatchObject({ isOn: true });
    await gateway.admin('/v1/attack', { method: 'DELETE' });
    expect(await shown(gateway)).toMatchObject({ isOn: false, strangersPerS: null });
    await until('both notices', async () => (await kinds(gateway)).length === 2);
    expect((await ask(gateway, '/')).isAttack).toBe(false);
    await until('a record', async () =>
      (await gateway.records(1)).some(({ portcullis: { decision } }) => {
        const { reason, stage, detail } = decision;
        return `${stage}: ${reason}: ${detail}` === RECORDED;
      }),
    );
  },
);

test('with `observe`, which is the default, it is told and nothing is switched', async () => {
  const gateway = await open({ ...QUICK, mode: undefined });
  await floodUntil(
    'the notice',
    () => ask(gateway, '/'),
    async () => (await kinds(gateway)).length > 0,
  );
  expect(await kinds(gateway)).toEqual(['attack.would-start']);
  expect(await shown(gateway)).toMatchObject({ isOn: false, wouldBeOn: true });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, '/')));
  expect(answers.some(({ isAttack }) => isAttack)).toBe(false);
});

test.each<[string, (gateway: TestGateway) => Promise<() => Promise<Answer>>]>([
  [
    'a verified caller, however much it sends',
    async (gateway) => {
      const { key } = await gateway.createKey({ name: 'busy', owner: 'tests' });
      return () => ask(gateway, '/keys', { 'x-api-key': key });
    },
  ],
  ['an address that its limit refuses', async (gateway) => () => ask(gateway, '/limited')],
])('%s turns nothing on; strangers do', async (_name, sender) => {
  const gateway = await open({ ...QUICK, requestsPerS: 5 });
  const send = await sender(gateway);
  await send();
  const end = Date.now() + 3000;
  // A connection that is refused or reset is no answer, which a busy machine may do.
  const sendAny = (): Promise<unknown> => send().catch(() => null);
  while (Date.now() < end) await Promise.all(Array.from({ length: 20 }, sendAny));
  expect(await shown(gateway)).toMatchObject({ isOn: false });
  await floodUntil(
    'attack mode',
    () => ask(gateway, '/'),
    async () => (await shown(gateway)).isOn === true,
  );
});

test('wrong credentials count', async () => {
  const gateway = await open(QUICK);
  await floodUntil(
    'attack mode',
    () => ask(gateway, '/keys', { 'x-api-key': 'pk_wrong' }),
    async () => (await shown(gateway)).isOn === true,
  );
});
