import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, forEachOf, openFrom, openWorld, reasonOf, sendFrom, type World } from '../http1/world.ts';
import { type JournalRecord, until } from '../support/test-gateway.ts';
import { untilNoConnection } from './metrics.ts';

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** Time in which a connection has certainly been accepted, so that a reset does not overtake that. */
const ACCEPT_MS = 10;

interface Request {
  readonly name: string;
  readonly line: string;
  readonly rest: string;
  readonly status: number;
}

const REQUESTS: readonly Request[] = [
  { name: 'GET', line: 'GET', rest: '\r\n', status: 200 },
  { name: 'POST with a length', line: 'POST', rest: 'Content-Length: 12\r\n\r\nhello, world', status: 200 },
  {
    name: 'chunked POST with trailers',
    line: 'POST',
    rest: 'Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nC\r\n, my worlds!\r\n0\r\nX-Sum: 1\r\n\r\n',
    status: 200,
  },
  {
    name: 'WebSocket handshake',
    line: 'GET',
    rest: 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    status: 101,
  },
];

let world: World;

beforeAll(async () => {
  world = await openWorld({
    respond: ({ fields }) => (fields.some(([name]) => name.toLowerCase() === 'upgrade') ? SWITCH : OK),
  });
});
afterAll(() => world[Symbol.asyncDispose]());

/** One abort: after how many bytes of which message. */
interface Abort {
  readonly path: string;
  readonly text: string;
  readonly bytes: number;
  readonly isHeadComplete: boolean;
  readonly isComplete: boolean;
}

function abortsOf(request: Request, way: string): Abort[] {
  const length = `${request.line} /${way}-0000 HTTP/1.1\r\nHost: a.test\r\n${request.rest}`.length;
  return Array.from({ length: length + 1 }, (_, bytes) => {
    const path = `/${way}-${String(bytes).padStart(4, '0')}`;
    const text = `${request.line} ${path} HTTP/1.1\r\nHost: a.test\r\n${request.rest}`;
    const headEnd = text.indexOf('\r\n\r\n') + 4;
    return { path, text, bytes, isHeadComplete: bytes >= headEnd, isComplete: bytes === length };
  });
}

let markers = 0;

/** Records by path, once those of all requests so far are there. */
async function records(): Promise<Map<string, JournalRecord[]>> {
  const byPath = new Map<string, JournalRecord[]>();
  const marker = `/marker-${markers++}`;
  await sendFrom(addressOf(0), world.port, [`GET ${marker} HTTP/1.1\r\nHost: a.test\r\n\r\n`], { expect: 1 });
  const isWritten = async () =>
    (await world.gateway.records(0)).some((record) => record['url.path'] === marker);
  await until('the record of a later request is written', isWritten);
  for (const record of await world.gateway.records(0)) {
    const path = String(record['url.path'] ?? '');
    byPath.set(path, [...(byPath.get(path) ?? []), record]);
  }
  return byPath;
}

async function abortAll(
  aborts: readonly Abort[],
  leave: (abort: Abort, at: number) => Promise<void>,
): Promise<void> {
  await forEachOf(aborts, leave);
  await untilNoConnection(world.gateway);
}

function expectUpstreamSaw(aborts: readonly Abort[], isCertain: boolean): void {
  expect(world.upstream.problems).toEqual([]);
  const complete = aborts.filter(({ isComplete }) => isComplete).map(({ path }) => path);
  const seen = world.upstream.requests.map(({ target }) => target);
  expect(complete).toEqual(expect.arrayContaining(seen));
  if (isCertain) expect(seen).toEqual(complete);
}

test.each(REQUESTS)('$name: FIN after every byte', async (request) => {
  world.upstream.clear();
  // How a connection that has been switched is half closed: half-close.test.ts.
  const all = abortsOf(request, `fin${request.line.length}${request.rest.length}`);
  const aborts = request.status === 101 ? all.slice(0, -1) : all;
  await abortAll(aborts, async ({ text, bytes, isComplete }, at) => {
    const client = await openFrom(addressOf(at), world.port);
    await client.write(text.slice(0, bytes));
    client.end();
    const { responses, rest, closed } = await client.read();
    expect([bytes, responses.map(({ status }) => status)]).toEqual([
      bytes,
      isComplete ? [request.status] : [],
    ]);
    expect(rest.length).toBe(0);
    expect(closed).not.toBe('open');
    client.close();
  });
  expectUpstreamSaw(aborts, true);
  const seen = await records();
  for (const { path, bytes, isHeadComplete, isComplete } of aborts) {
    const expected = !isHeadComplete ? [] : [isComplete ? 'request.passed' : 'request.aborted'];
    expect([bytes, (seen.get(path) ?? []).map(reasonOf)]).toEqual([bytes, expected]);
  }
});

test.each(REQUESTS)('$name: RST after every byte', async (request) => {
  world.upstream.clear();
  const aborts = abortsOf(request, `rst${request.line.length}${request.rest.length}`);
  await abortAll(aborts, async ({ text, bytes }, at) => {
    const client = await openFrom(addressOf(at), world.port);
    await new Promise((resolve) => setTimeout(resolve, ACCEPT_MS));
    await client.write(text.slice(0, bytes));
    client.socket.resetAndDestroy();
  });
  expectUpstreamSaw(aborts, false);
  const seen = await records();
  let begun = 0;
  for (const { path, bytes, isHeadComplete, isComplete } of aborts) {
    const reasons = (seen.get(path) ?? []).map(reasonOf);
    begun += reasons.length;
    // A reset may still overtake the acceptance on a machine that is busy; then there never was a request.
    expect([bytes, reasons.length]).toEqual([bytes, reasons.length === 0 || !isHeadComplete ? 0 : 1]);
    if (!isComplete) expect(reasons.every((reason) => reason === 'request.aborted')).toBe(true);
  }
  expect(begun).toBeGreaterThan(0);
});

test('nothing of it is left: the gateway answers and no upstream connection has half a request', async () => {
  const client = await openFrom(addressOf(1), world.port);
  await client.write('GET /last HTTP/1.1\r\nHost: a.test\r\n\r\n');
  expect((await client.read(1)).responses.map(({ status }) => status)).toEqual([200]);
  client.close();
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
