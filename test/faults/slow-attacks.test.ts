import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../http1/world.ts';
import { needs } from '../support/binaries.ts';
import { exchange } from '../support/raw-client.ts';
import { curl, runProgram } from './curl.ts';
import { metricOf, untilNoConnection } from './metrics.ts';

const CONNECTIONS = 200;
const SECONDS = 10;
const GET = 'GET /a HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
/** Longest time for somebody else's request meanwhile. */
const ANSWER_MS = 1_000;
const BODY = 'x'.repeat(1_000_000);

let world: World;

beforeAll(async () => {
  world = await openWorld(
    {
      respond: ({ target }) =>
        `HTTP/1.1 200 OK\r\nContent-Length: ${target === '/big' ? BODY.length : 2}\r\n\r\n${target === '/big' ? BODY : 'ok'}`,
    },
    (origin) => ({
      limits: { headerTimeoutMs: 2_000, bodyIdleMs: 2_000 },
      // An upload has its connection to the upstream from its head on: as many as the attack takes, and more.
      apis: [
        { id: 'web', path: '/', upstream: { targets: [origin], connections: 500 }, authenticate: 'none' },
      ],
    }),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

interface Attack {
  readonly name: string;
  readonly args: readonly string[];
  readonly path: string;
  /** Whether the gateway ends the connections before the attack is over. */
  readonly isEnded: boolean;
}

const ATTACKS: readonly Attack[] = [
  { name: 'slow heads', args: ['-H', '-i', '1', '-t', 'GET'], path: '/a', isEnded: true },
  { name: 'slow bodies', args: ['-B', '-i', '3', '-s', '8192'], path: '/a', isEnded: true },
  { name: 'ranges', args: ['-R', '-a', '5', '-b', '2000', '-t', 'HEAD'], path: '/a', isEnded: true },
  {
    name: 'slow reading',
    args: ['-X', '-n', '2', '-w', '512', '-y', '1024', '-z', '32', '-k', '1'],
    path: '/big',
    isEnded: false,
  },
];

/** Asks every 200 ms until the attack is over; returns how long the slowest answer took. */
async function serveOthers(attack: Promise<unknown>): Promise<{ slowestMs: number; most: number }> {
  let isOver = false;
  void attack.finally(() => {
    isOver = true;
  });
  let slowestMs = 0;
  let most = 0;
  while (!isOver) {
    const start = performance.now();
    const { responses } = await exchange(world.port, GET, { expect: 1 });
    expect(responses[0]?.status).toBe(200);
    slowestMs = Math.max(slowestMs, performance.now() - start);
    most = Math.max(most, await metricOf(world.gateway, 'portcullis_connections'));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { slowestMs, most };
}

describe.skipIf(!needs('slowhttptest', 'slowhttptest'))('slowhttptest', () => {
  test.each(ATTACKS)(
    '$name: others are served, and what is slow is ended',
    async ({ args, path, isEnded }) => {
      const common = ['-c', String(CONNECTIONS), '-r', '100', '-l', String(SECONDS), '-p', '3', '-v', '1'];
      const attack = runProgram('slowhttptest', [
        ...common,
        ...args,
        '-u',
        `http://127.0.0.1:${world.port}${path}`,
      ]);
      const { slowestMs, most } = await serveOthers(attack);
      const { out } = await attack;
      expect(slowestMs).toBeLessThan(ANSWER_MS);
      expect(most).toBeGreaterThan(isEnded ? 1 : CONNECTIONS / 2);
      expect(out).not.toMatch(/service available:\s+NO/i);
      if (isEnded) expect(out).toMatch(/No open connections left|closed:\s+200/i);
      await untilNoConnection(world.gateway);
      const { code, out: answer } = await curl([`http://127.0.0.1:${world.port}/a`]);
      expect([code, answer]).toEqual([0, 'ok']);
    },
  );
});
