import { afterAll, beforeAll, expect, test } from 'vitest';
import { BENIGN } from '../conformance/http1/cases.ts';
import { valuesOf } from '../support/message-reader.ts';
import type { SeenRequest } from '../support/recording-upstream.ts';
import { seeded } from '../support/seeded.ts';
import { addressOf, cutAtRandom, openWorld, reasonOf, sendFrom, type World } from './world.ts';

const random = seeded(2);
let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

const WAYS: readonly [string, (bytes: string) => string[]][] = [
  ['in one piece', (bytes) => [bytes]],
  ['cut at random', (bytes) => cutAtRandom(bytes, 5, random)],
  ['byte by byte', (bytes) => [...bytes]],
];

const CASES = WAYS.flatMap(([way, cut]) => BENIGN.map((benign) => ({ way, cut, benign })));

test.each(CASES.map((job, at) => ({ ...job, at, name: job.benign.name })))('$name, $way', async (job) => {
  const { benign, cut, at } = job;
  world.upstream.clear();
  const address = addressOf(at);
  const answers = benign.upstream.length;
  const methods = benign.upstream.map(({ method }) => method);
  const result = await sendFrom(address, world.port, cut(benign.bytes), { expect: answers, methods });
  expect(result.problem).toBe('');
  const finals = result.responses.filter(({ status }) => status >= 200);
  expect(finals.map(({ status }) => status)).toEqual(benign.upstream.map(() => 200));
  const seen = world.upstream.requests;
  expect(world.upstream.problems).toEqual([]);
  // Pipelined requests go to the upstream side by side; their answers keep the order.
  const told = (request: Pick<SeenRequest, 'method'> & { path: string; body: string }): string =>
    `${request.method} ${request.path} ${request.body}`;
  const got = seen.map(({ method, target, body }) =>
    told({ method, path: target, body: body.toString('latin1') }),
  );
  expect(got.sort()).toEqual(benign.upstream.map(told).sort());
  for (const request of seen) {
    for (const name of benign.upstream[0]?.absent ?? []) expect(valuesOf(request, name)).toEqual([]);
  }
});

test('every request left one record', async () => {
  const wanted = CASES.reduce((sum, { benign }) => sum + benign.upstream.length, 0);
  const records = await world.gateway.records(wanted);
  expect(records).toHaveLength(wanted);
  expect(new Set(records.map(reasonOf))).toEqual(new Set(['request.passed']));
});
