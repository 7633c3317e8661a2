import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { BENIGN, HOSTILE } from '../conformance/http1/cases.ts';
import { addressOf, cutAtRandom } from '../http1/world.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { valuesOf } from '../support/message-reader.ts';
import { exchange } from '../support/raw-client.ts';
import { type SeenRequest, start } from '../support/recording-upstream.ts';
import { seeded } from '../support/seeded.ts';
import { type JournalRecord, plainConfig, until } from '../support/test-gateway.ts';
import { Chooser, mutate } from './mutate.ts';

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 100_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101);
const AT_ONCE = 32;
const PER_CONNECTION = 2;
/** Growth over the second half, when everything that is kept between requests is there. */
const MOST_GROWTH_MIB = 20;

/** Good requests more often than bad ones: what is worth trying is nearly valid, and a refusal ends the connection. */
const CORPUS = [...Array(20).fill(BENIGN).flat(), ...HOSTILE]
  .map(({ bytes }) => bytes)
  .filter(({ length }) => length < 1_500);

/** Sends pieces and the end of the connection; resolves when the gateway has closed it. */
function converse(port: number, address: string, pieces: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address, noDelay: true });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
    socket.once('connect', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece, 'latin1');
        await new Promise((next) => setImmediate(next));
      }
      socket.end();
    });
  });
}

/** Says what of a request that reached the upstream two readers could read differently; '' when nothing. */
function ambiguityOf(request: SeenRequest): string {
  const { target, fields, method, version } = request;
  const names = fields.map(([name]) => name.toLowerCase());
  const lengths = valuesOf(request, 'content-length');
  const codings = valuesOf(request, 'transfer-encoding');
  if (version !== '1.1') return `version ${version}`;
  if (!/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method)) return `method ${method}`;
  if (!/^\/[!-~]*$/.test(target) && target !== '*') return `target ${target}`;
  const path = target.split('?')[0] as string;
  if (/\/\.\.?(\/|$)|%2e|%2f|%5c|%00|[\\#;]/i.test(path)) return `path ${path}`;
  if (valuesOf(request, 'host').length !== 1) return 'not one Host';
  if (lengths.length + codings.length > 1) return 'more than one framing field';
  if (lengths.some((length) => !/^(0|[1-9][0-9]*)$/.test(length))) return `length ${lengths}`;
  if (fields.some(([, value]) => /[\0-\x08\x0a-\x1f\x7f]/.test(value))) return 'control character in a value';
  const single = ['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'x-request-id', 'via'];
  if (single.some((name) => valuesOf(request, name).length !== 1))
    return 'a field of the gateway is not there once';
  if (!/^127\.1\.0\.\d+$/.test(valuesOf(request, 'x-forwarded-for')[0] as string)) return 'a spoofed address';
  const lookAlike = names.find((name) => name.includes('_') && names.includes(name.replaceAll('_', '-')));
  return lookAlike === undefined ? '' : `look-alike ${lookAlike}`;
}

test(`${REQUESTS} mutated requests leave gateway, upstream and journal in order (seed ${SEED})`, async () => {
  const upstream = await start();
  await using gateway = await startGatewayProcess(
    plainConfig(upstream.port, { limits: { connectionsPerAddress: 10_000 } }),
  );
  const choose = new Chooser(seeded(SEED));
  const problems: string[] = [];
  const ids: string[] = [];
  /** Takes what the upstream recorded, so that it need not hold all of it. */
  const inspect = (): void => {
    problems.push(...upstream.problems);
    for (const request of upstream.requests) {
      const ambiguity = ambiguityOf(request);
      if (ambiguity !== '') problems.push(ambiguity);
      ids.push(valuesOf(request, 'x-request-id')[0] ?? '');
    }
    upstream.clear();
  };

  let sent = 0;
  let connections = 0;
  const attack = async (end: number): Promise<void> => {
    while (sent < end) {
      sent += PER_CONNECTION;
      const requests = Array.from({ length: PER_CONNECTION }, () => mutate(choose.from(CORPUS), choose));
      const bytes = requests.join('');
      const pieces = choose.chance(0.3)
        ? cutAtRandom(bytes, 4, () => choose.below(1 << 20) / (1 << 20))
        : [bytes];
      const address = addressOf(connections++ % 200);
      await converse(gateway.port, address, pieces);
      if (connections % 500 === 0) inspect();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => attack(REQUESTS / 2)));
  const halfwayMiB = await gateway.settledMiB();
  await Promise.all(Array.from({ length: AT_ONCE }, () => attack(REQUESTS)));
  inspect();

  const after = await exchange(gateway.port, 'GET /after HTTP/1.1\r\nHost: a.test\r\n\r\n', { expect: 1 });
  expect(after.responses.map(({ status }) => status)).toEqual([200]);
  await until('the journal has the last request', () => gateway.journal().includes('"/after"'));
  expect(gateway.log.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
  const growthMiB = (await gateway.settledMiB()) - halfwayMiB;
  console.log(`${halfwayMiB.toFixed()} MiB halfway, ${growthMiB.toFixed(1)} MiB more at the end`);
  expect(growthMiB).toBeLessThan(MOST_GROWTH_MIB);

  expect([...new Set(problems)]).toEqual([]);
  const records = gateway
    .journal()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);
  const times = new Map<string, number>();
  for (const { 'http.request.id': id } of records) times.set(id, (times.get(id) ?? 0) + 1);
  expect([...times].filter(([, count]) => count !== 1)).toEqual([]);
  expect(ids.filter((id) => !times.has(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  // The attempt was worth its name: much was refused, much was not.
  const refused = records.filter(({ portcullis }) =>
    portcullis.decision.reason.startsWith('protocol.'),
  ).length;
  expect(refused).toBeGreaterThan(REQUESTS / 20);
  expect(ids.length).toBeGreaterThan(REQUESTS / 20);
  // Stopping waits for what is under way: that it need not shows that nothing is.
  const stopped = performance.now();
  await gateway[Symbol.asyncDispose]();
  expect(performance.now() - stopped).toBeLessThan(5_000);
  await upstream.close();
});
