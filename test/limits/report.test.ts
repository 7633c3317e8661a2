import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { type Ended, type Running, runNode, startNode } from '../support/run-node.ts';
import { until } from '../support/test-gateway.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

let dir = '';
let port = 0;
let running: Running;

const cli = (...args: string[]): Promise<Ended> => runNode(MAIN, args, { cwd: dir });

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-report-'));
  const [web = 0, admin = 0] = await freePorts(2);
  port = web;
  const config = {
    version: 1,
    threads: 2,
    listeners: [{ name: 'web', host: '127.0.0.1', port }],
    admin: { port: admin },
    tiers: { small: { perMinute: 3 } },
    apis: [
      {
        id: 'orders',
        path: '/orders',
        upstream: 'http://127.0.0.1:9',
        authenticate: 'none',
        rateLimit: { tier: 'small' },
      },
    ],
  };
  writeFileSync(join(dir, 'portcullis.yaml'), JSON.stringify(config));
  running = startNode(MAIN, ['run'], { cwd: dir });
  await until('the gateway is ready', async () => {
    const answer = await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => null);
    return answer?.status === 200;
  });
});
afterAll(async () => {
  running.process.kill('SIGKILL');
  await running.ended;
  rmSync(dir, { recursive: true, force: true });
});

test('what limits refused is told from the gateway’s own data, also when it has stopped', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 10; i++) statuses.push((await fetch(`http://127.0.0.1:${port}/orders`)).status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(7);

  const total = async () => JSON.parse((await cli('limits', 'report', '--json')).out).total;
  await until('the report has all of them', async () => (await total()).requests === 10);
  expect(await total()).toEqual({ requests: 10, refused: 7, observed: 0, share: 0.7 });

  const { code, out } = await cli('limits', 'report');
  expect(code).toBe(0);
  expect(out).toContain('10 requests, 7 refused by limits (70.00 %)');
  expect(out).toMatch(/^small +7 +100\.0 % +0$/m);
  expect(out).toMatch(/^address 127\.0\.0\.1 .* small +7 /m);

  running.process.kill('SIGTERM');
  await running.ended;
  expect(await total()).toEqual({ requests: 10, refused: 7, observed: 0, share: 0.7 });
});
