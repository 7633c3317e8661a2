import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** An upstream that works on a few requests at once, each for a while; the others wait in the order they came. */
interface Worker extends AsyncDisposable {
  readonly port: number;
  answered: number;
}

async function startWorker(atOnce: number, takesMs: number): Promise<Worker> {
  const waiting: ServerResponse[] = [];
  let working = 0;
  const next = (): void => {
    const response = working < atOnce ? waiting.shift() : undefined;
    if (response === undefined) return;
    working++;
    setTimeout(() => {
      working--;
      worker.answered++;
      response.end('ok');
      next();
    }, takesMs);
  };
  const server: Server = createServer((_request, response) => {
    waiting.push(response);
    next();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const worker: Worker = {
    port: (server.address() as { port: number }).port,
    answered: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return worker;
}

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const TIERS = { many: { perMinute: 1_000_000 } };

async function startWorld(
  threads: number,
  atOnce = 10,
  takesMs = 200,
  alwaysAdmit = 4,
): Promise<{ gateway: TestGateway; worker: Worker }> {
  const worker = await startWorker(atOnce, takesMs);
  closing.push(worker);
  const gateway = await startTestGateway({
    version: 1,
    threads,
    dataDir: './data',
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
    admin: { port: 0 },
    limits: { connectionsPerAddress: 4096 },
    tiers: { free: TIERS.many, enterprise: TIERS.many },
    apis: [
      {
        id: 'shop',
        path: '/',
        upstream: { targets: [`http://127.0.0.1:${worker.port}`], connections: 1024 },
        authenticate: { apiKey: {} },
        rateLimit: { tier: 'fromPrincipal' },
        overload: { mode: 'enforce', toleratedDelayMs: 200, alwaysAdmit },
      },
    ],
  });
  closing.push(gateway);
  return { gateway, worker };
}

interface Seen {
  readonly statuses: Map<number, number>;
  readonly answers: Response[];
}

/** Clients that ask one after the other until the time is over; each that is refused comes back after a moment. */
async function ask(port: number, key: string, clients: number, untilMs: number): Promise<Seen> {
  const seen: Seen = { statuses: new Map(), answers: [] };
  const one = async (): Promise<void> => {
    while (Date.now() < untilMs) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-api-key': key } });
      const text = await answer.text();
      seen.statuses.set(answer.status, (seen.statuses.get(answer.status) ?? 0) + 1);
      if (answer.status !== 503) continue;
      if (seen.answers.length < 3) seen.answers.push(new Response(text, answer));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return seen;
}

const share = ({ statuses }: Seen, status: number): number => {
  const all = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  return (statuses.get(status) ?? 0) / Math.max(1, all);
};

describe.each([1, 2])('an upstream that takes less than it is asked, %i threads', (threads) => {
  test('refuses the free tier first, stays busy, and burns no quota', async () => {
    const { gateway, worker } = await startWorld(threads);
    const free = await gateway.createKey({ name: 'f', owner: 'f', tier: 'free' });
    const enterprise = await gateway.createKey({ name: 'e', owner: 'e', tier: 'enterprise' });
    // What is usual.
    await ask(gateway.port, enterprise.key, 8, Date.now() + 5000);

    const startMs = Date.now();
    const beforeCount = worker.answered;
    const endMs = startMs + 14_000;
    const [low, high] = await Promise.all([
      ask(gateway.port, free.key, 80, endMs),
      (async () => {
        await new Promise((resolve) => setTimeout(resolve, 4000));
        return ask(gateway.port, enterprise.key, 4, endMs);
      })(),
    ]);
    const goodput = (worker.answered - beforeCount) / ((Date.now() - startMs) / 1000) / 50;
    // The figures are those of the simulation; here the machine decides, so only what must hold on any is asked for.
    expect(share(low, 503)).toBeGreaterThan(0.05);
    expect(share(high, 503)).toBeLessThan(share(low, 503) / 2);
    expect(share(low, 200) + share(low, 503)).toBe(1);
    expect(goodput).toBeGreaterThan(0.4);

    const refusal = low.answers[0] as Response;
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    // No limit was asked, so none is reported.
    expect(refusal.headers.get('x-ratelimit-limit')).toBeNull();
    expect(await refusal.json()).toMatchObject({
      status: 503,
      error: 'service_unavailable',
      title: 'The service is busy',
    });
    const records = await gateway.records(100);
    const shed = records.find(({ portcullis }) => portcullis.decision.reason === 'overload.shed');
    expect(shed?.portcullis.decision).toMatchObject({ stage: 'overload', effect: 'deny' });
    expect(shed?.portcullis.checks.map(({ stage }) => stage)).not.toContain('limit-principal');
  });
});

test('clients that give up leave nothing behind that counts as under way', async () => {
  const { gateway } = await startWorld(1, 200, 200, 64);
  const free = await gateway.createKey({ name: 'f', owner: 'f', tier: 'free' });
  await ask(gateway.port, free.key, 4, Date.now() + 6000);
  const leave = async (): Promise<void> => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 30);
    await fetch(`http://127.0.0.1:${gateway.port}/`, {
      headers: { 'x-api-key': free.key },
      signal: leaving.signal,
    }).catch(() => {});
  };
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 40 }, leave));
  const after = await ask(gateway.port, free.key, 20, Date.now() + 2000);
  expect(share(after, 200)).toBe(1);
});

test('nothing is refused without pressure, whatever the tier', async () => {
  const { gateway } = await startWorld(1, 200, 100, 64);
  const free = await gateway.createKey({ name: 'f', owner: 'f', tier: 'free' });
  const seen = await ask(gateway.port, free.key, 40, Date.now() + 5000);
  expect(share(seen, 200)).toBe(1);
});
