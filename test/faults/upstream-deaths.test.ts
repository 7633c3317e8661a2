import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, forEachOf, reasonOf, sendFrom } from '../http1/world.ts';
import type { RawResult } from '../support/raw-client.ts';
import {
  type JournalRecord,
  plainConfig,
  startTestGateway,
  type TestGateway,
  until,
} from '../support/test-gateway.ts';
import { type Death, type DyingUpstream, openDying } from './dying-upstream.ts';
import { untilNoConnection } from './metrics.ts';

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const CHUNKS =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n';

interface Answer {
  readonly name: string;
  readonly text: string;
  /** Version and further fields of the request. */
  readonly version?: string;
  readonly fields?: string;
  /** Bytes after which an orderly end makes the answer complete. */
  readonly completeFrom: number;
  readonly status?: number;
}

const whole = (name: string, text: string, more: Partial<Answer> = {}): Answer => ({
  name,
  text,
  completeFrom: text.length,
  ...more,
});
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello, world';

const ANSWERS: readonly Answer[] = [
  whole('length', 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world'),
  whole('chunks', CHUNKS, { fields: 'TE: trailers\r\n' }),
  whole('chunks-for-1.0', CHUNKS, { version: '1.0' }),
  whole('until-close', UNTIL_CLOSE, { completeFrom: UNTIL_CLOSE.indexOf('\r\n\r\n') + 4 }),
  whole('until-close-for-1.0', UNTIL_CLOSE, {
    version: '1.0',
    completeFrom: UNTIL_CLOSE.indexOf('\r\n\r\n') + 4,
  }),
  whole(
    'interim',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  ),
  whole('switch', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', {
    fields: UPGRADE,
    status: 101,
  }),
];

let upstream: DyingUpstream;
let gateway: TestGateway;

function deathOf(path: string): Death {
  const [, at = '', way = '', bytes = ''] = path.split('/');
  return { bytes: (ANSWERS[Number(at)] as Answer).text.slice(0, Number(bytes)), way: way as Death['way'] };
}

beforeAll(async () => {
  upstream = await openDying(deathOf);
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      apis: [{ id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}`, authenticate: 'none' }],
    }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** What a client may take the outcome for. */
function outcomeOf({ responses, rest, closed, problem }: RawResult, version: string): string {
  if (problem !== '') return problem;
  const final = responses.at(-1);
  if (final === undefined) return 'cut off';
  if (final.status >= 500) return final.isComplete ? String(final.status) : 'cut off';
  const isDelimited = final.fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (!isDelimited && version === '1.0' && closed === 'reset') return 'cut off';
  return final.isComplete && rest.length === 0 ? `complete ${final.status}` : 'cut off';
}

async function recordsOf(paths: ReadonlySet<string>): Promise<Map<string, JournalRecord[]>> {
  const find = async () =>
    (await gateway.records(0)).filter((record) => paths.has(String(record['url.path'])));
  await until('every request has its record', async () => (await find()).length >= paths.size);
  return Map.groupBy(await find(), (record) => String(record['url.path']));
}

const CASES = ANSWERS.flatMap((answer, at) =>
  (['fin', 'rst'] as const).map((way) => ({ ...answer, at, way, title: `${answer.name}, ${way}` })),
);

test.each(CASES)('$title after every byte', async ({ at, way, text, completeFrom, ...answer }) => {
  const { version = '1.1', fields = '', status = 200 } = answer;
  const places = Array.from({ length: text.length + 1 }, (_, bytes) => ({
    bytes,
    path: `/${at}/${way}/${bytes}`,
  }));
  const outcomes: string[] = [];
  await forEachOf(places, async ({ path, bytes }) => {
    const close = fields.includes('Upgrade') ? '' : 'Connection: close\r\n';
    const request = `GET ${path} HTTP/${version}\r\nHost: a.test\r\n${close}${fields}\r\n`;
    outcomes[bytes] = outcomeOf(await sendFrom(addressOf(bytes), gateway.port, [request]), version);
  });
  const records = await recordsOf(new Set(places.map(({ path }) => path)));
  for (const { bytes, path } of places) {
    const isWhole = bytes >= completeFrom && (way === 'fin' || completeFrom === text.length);
    const allowed = isWhole ? [`complete ${status}`] : ['502', '504', 'cut off'];
    // A reset may overtake the end of an answer.
    if (isWhole && way === 'rst') allowed.push('502', 'cut off');
    expect(allowed, `after ${bytes} bytes`).toContain(outcomes[bytes]);
    const reasons = (records.get(path) ?? []).map(reasonOf);
    const isPassed = outcomes[bytes] === `complete ${status}`;
    expect([bytes, reasons]).toEqual([bytes, [isPassed ? 'request.passed' : 'upstream.reset']]);
  }
});

test('nothing of it is left', async () => {
  await untilNoConnection(gateway);
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(gateway.gateway.services.status().threads).toMatchObject([{ restarts: 0 }]);
});
