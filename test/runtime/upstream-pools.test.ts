import { afterEach, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { freePorts } from '../support/free-ports.ts';
import { startHolding } from '../support/holding-upstream.ts';
import { openRawClient } from '../support/raw-client.ts';
import { askRecorded } from '../support/recorded.ts';
import { type RecordingUpstream, start, type UpstreamScript } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const open: RecordingUpstream[] = [];
afterEach(() => Promise.all(open.splice(0).map((upstream) => upstream.close())));

async function serve(name: string, script: UpstreamScript = {}): Promise<RecordingUpstream> {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`;
  const upstream = await start({ respond: () => answer, ...script });
  open.push(upstream);
  return upstream;
}

/** A gateway with one thread in front of targets; `more` are members of the upstream. */
function gatewayFor(ports: readonly number[], more: object = {}, api: object = {}): Promise<TestGateway> {
  const upstream = { targets: ports.map((port) => `http://127.0.0.1:${port}`), ...more };
  return startTestGateway(
    plainConfig(1, { apis: [{ id: 'web', path: '/', upstream, authenticate: 'none', ...api }] }),
  );
}

/** Asks one after the other and counts who answered. */
async function askInTurn(gateway: TestGateway, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const { status, body } = await ask(gateway.port);
    const who = status === 200 ? body : String(status);
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

/** Closes connections, without an answer, on which there was a request already. */
const racing = (): UpstreamScript => {
  const seen = new Set<number>();
  return {
    respond: ({ connection }) => {
      if (seen.has(connection)) return [{ close: 'end' }];
      seen.add(connection);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    },
  };
};

test('connections are used again', async () => {
  const upstream = await serve('a');
  await using gateway = await gatewayFor([upstream.port]);
  expect(await askInTurn(gateway, 12)).toEqual({ a: 12 });
  expect(upstream.bytes()).toHaveLength(1);
});

test.each([
  ['0, which keeps none', 0, ''],
  ['100, however long the upstream offers', 100, 'Keep-Alive: timeout=60\r\n'],
])('idle connections are closed with keepAliveMs %s', async (_what, keepAliveMs, offer) => {
  const upstream = await serve('a', {
    respond: () => `HTTP/1.1 200 OK\r\n${offer}Content-Length: 1\r\n\r\na`,
  });
  await using gateway = await gatewayFor([upstream.port], { keepAliveMs });
  expect(await askInTurn(gateway, 1)).toEqual({ a: 1 });
  await until('the connection is closed', () => upstream.open === 0, 3_000);
  expect(await askInTurn(gateway, 1)).toEqual({ a: 1 });
  expect(upstream.bytes()).toHaveLength(2);
});

test('round robin goes round', async () => {
  const targets = [await serve('a'), await serve('b'), await serve('c')];
  await using gateway = await gatewayFor(targets.map(({ port }) => port));
  expect(await askInTurn(gateway, 30)).toEqual({ a: 10, b: 10, c: 10 });
});

test('least connections keeps away from a target that is busy', async () => {
  await using slow = await startHolding();
  const quick = await serve('quick');
  await using gateway = await gatewayFor([slow.port, quick.port], { balance: 'leastConnections' });
  const held: Promise<{ body: string }>[] = [];
  await until('one request is held', async () => {
    if (slow.waiting === 0) held.push(ask(gateway.port));
    return slow.waiting === 1;
  });
  expect(await askInTurn(gateway, 20)).toEqual({ quick: 20 });
  slow.release('slow');
  expect((await Promise.all(held)).map(({ body }) => body)).toContain('slow');
});

test('a connection that the upstream closes as the request is sent: GET is asked again, POST is not', async () => {
  const upstream = await serve('', racing());
  await using gateway = await gatewayFor([upstream.port], { connections: 1 });
  expect(await askRecorded(gateway)).toMatchObject({ status: 200, attempts: 1 });
  expect(await askRecorded(gateway)).toMatchObject({ status: 200, attempts: 2 });
  upstream.clear();
  const post = await askRecorded(gateway, 'POST /', 'Content-Length: 2\r\n\r\nhi');
  expect(post).toMatchObject({ status: 502, reason: 'upstream.reset', attempts: 1 });
  expect(upstream.requests).toHaveLength(1);
});

test('a second attempt goes to another target', async () => {
  const [closed = 0] = await freePorts(1);
  const upstream = await serve('a');
  await using gateway = await gatewayFor([closed, upstream.port], { passive: { failures: 1000 } });
  expect(await askInTurn(gateway, 10)).toEqual({ a: 10 });
  const attempts = [(await askRecorded(gateway)).attempts, (await askRecorded(gateway)).attempts];
  expect(attempts.sort()).toEqual([1, 2]);
});

test('without retries a failure is an answer; enough of them take a target out, for its time', async () => {
  const [port = 0] = await freePorts(1);
  const upstream = await serve('a');
  const passive = { failures: 3, ejectMs: 1500 };
  await using gateway = await gatewayFor([port, upstream.port], { passive }, { retries: 0 });
  expect(await askInTurn(gateway, 20)).toEqual({ a: 17, 502: 3 });
  await until('it is asked again', async () => (await ask(gateway.port)).status === 502);
});

test('failures of requests alone never take an upstream out as a whole', async () => {
  const [port = 0] = await freePorts(1);
  const passive = { failures: 1, ejectMs: 60_000 };
  await using gateway = await gatewayFor([port], { passive }, { retries: 0 });
  expect(await askInTurn(gateway, 6)).toEqual({ 502: 6 });
  expect((await askRecorded(gateway)).reason).toBe('upstream.connect');
});

test('what a client does wrong never counts against a target', async () => {
  await using slow = await startHolding();
  const passive = { failures: 1, ejectMs: 60_000 };
  const other = await serve('other');
  await using gateway = await gatewayFor([slow.port, other.port], { passive });
  for (let i = 0; i < 4; i++) {
    const client = await openRawClient(gateway.port);
    await client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('it is under way', () => slow.waiting + other.requests.length === 1);
    // A client that only ends its side still waits for the answer.
    client.socket.resetAndDestroy();
    await until('it was given up', () => slow.waiting === 0);
    other.clear();
  }
  const late = ask(gateway.port);
  await until('the target is asked still', () => slow.waiting === 1);
  slow.release('slow');
  expect((await late).body).toBe('slow');
});

test('requests do not wait for ever, nor in any number, behind slow ones that hold all connections', async () => {
  await using slow = await startHolding();
  const timeouts = { connectMs: 400 };
  await using gateway = await gatewayFor([slow.port], { connections: 2 }, { timeouts, retries: 0 });
  const held = [ask(gateway.port), ask(gateway.port)];
  await until('all connections are in use', () => slow.waiting === 2);
  const waiting = askRecorded(gateway);
  const crowd = await Promise.all(Array.from({ length: 30 }, () => ask(gateway.port)));
  expect(new Set(crowd.map(({ status }) => status))).toEqual(new Set([504]));
  const refused = await waiting;
  expect(refused).toMatchObject({ status: 504, reason: 'upstream.connect-timeout', attempts: 1 });
  expect(refused.detail).toContain('no connection became free');

  const next = ask(gateway.port);
  slow.release('late');
  expect((await Promise.all(held)).map(({ body }) => body)).toEqual(['late', 'late']);
  await until('the next one is asked', () => slow.waiting === 1);
  slow.release('next');
  expect((await next).body).toBe('next');
  // What was given up is never sent.
  expect(slow.waiting).toBe(0);
});

test('a 204 that announces a body ends its connection: what comes late is no answer', async () => {
  let answered = 0;
  const upstream = await serve('', {
    respond: () =>
      answered++ === 0
        ? 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  });
  await using gateway = await gatewayFor([upstream.port]);
  expect(await askRecorded(gateway)).toMatchObject({ status: 204, reason: 'request.passed' });
  expect(await askRecorded(gateway)).toMatchObject({ status: 200, reason: 'request.passed' });
  expect(upstream.bytes()).toHaveLength(2);
});
