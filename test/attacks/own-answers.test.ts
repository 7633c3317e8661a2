import { afterAll, beforeAll, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { type AttackWorld, hookLines, openAttackWorld } from './world.ts';

let world: AttackWorld;
let reply = '';
beforeAll(async () => {
  world = await openAttackWorld({ respond: () => reply });
});
afterAll(() => world[Symbol.asyncDispose]());

const post = (body: string, lines: string): string =>
  `POST /hook HTTP/1.1\r\nHost: a.test\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;

test.each([
  ['an upstream that makes no sense', 'garbage\r\n\r\n', 502],
  [
    'an upstream that tells too much',
    'HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nbad',
    500,
  ],
])('the answer in place of %s is hardened, and the message may come again', async (what, bad, status) => {
  const body = JSON.stringify({ what });
  const lines = hookLines(body);
  reply = bad;
  const [answer] = await world.send(post(body, lines));
  expect(answer?.status).toBe(status);
  expect(valuesOf(answer!, 'x-content-type-options')).toEqual(['nosniff']);
  expect(valuesOf(answer!, 'cache-control')).toEqual(['no-store']);
  reply = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  expect((await world.send(post(body, lines)))[0]?.status).toBe(200);
  expect((await world.send(post(body, lines)))[0]?.status).toBe(409);
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
