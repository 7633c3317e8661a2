import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ask, askAll } from '../support/ask.ts';
import { startIssuer } from '../support/issuer.ts';
import { hasPostgres, startPostgres } from '../support/postgres.ts';
import { start } from '../support/recording-upstream.ts';
import { runNode } from '../support/run-node.ts';
import { keyHeader, type SharedGateway, startShared } from '../support/several-gateways.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const GUIDE = readFileSync(
  join(import.meta.dirname, '../../docs/guides/business-limits-and-exceptions.md'),
  'utf8',
);
const PEOPLE = ['--owner', 'qa', '--reason', 'a load test'];

test('an exception by command holds in every thread when it returns, ends at its instant, and can be removed', async () => {
  await using gateway = await startTestGateway(
    plainConfig(1, {
      threads: 2,
      apis: [
        {
          id: 'web',
          path: '/',
          upstream: 'http://127.0.0.1:1',
          authenticate: 'none',
          rateLimit: { perHour: 4 },
        },
      ],
    }),
  );
  const cli = async (...args: string[]) => {
    const ended = await runNode(MAIN, [
      'limits',
      'exception',
      ...args,
      '--config',
      gateway.configPath,
      '--json',
    ]);
    expect(ended.code, ended.err + ended.out).toBe(0);
    return JSON.parse(ended.out);
  };
  const port = String(new URL(gateway.gateway.admin.url).port);
  gateway.writeConfig({
    ...plainConfig(1),
    threads: 2,
    admin: { port: Number(port) },
    apis: [
      {
        id: 'web',
        path: '/',
        upstream: 'http://127.0.0.1:1',
        authenticate: 'none',
        rateLimit: { perHour: 4 },
      },
    ],
  });
  // The upstream is not there: 502 is a request that was let pass.
  expect(await askAll(gateway.port, '', 12)).toEqual({ 502: 4, 429: 8 });
  const { exception } = await cli('add', '--address', '127.0.0.1', '--factor', '5', '--days', '1', ...PEOPLE);
  expect(await askAll(gateway.port, '', 24)).toEqual({ 502: 16, 429: 8 });
  expect((await cli('list')).exceptions).toMatchObject([
    { id: exception.id, owner: 'qa', change: '5 times' },
  ]);
  expect(await cli('show', exception.id)).toMatchObject({ reason: 'a load test', status: 'active' });
  const records = await gateway.records(36);
  const noted = records.filter(({ portcullis }) => portcullis.limit_exceptions === exception.id);
  expect(noted).toHaveLength(24);
  expect(
    records.some(({ portcullis }) => portcullis.decision.detail?.includes(`by exception ${exception.id}`)),
  ).toBe(true);
  await cli('remove', exception.id);
  expect(await askAll(gateway.port, '', 8)).toEqual({ 429: 8 });

  const untilMs = Date.now() + 3_000;
  const numbers = { for: { address: '127.0.0.0/8' }, limits: { perHour: 999 }, api: 'web' };
  const expiresAt = new Date(untilMs).toISOString();
  const body = JSON.stringify({ ...numbers, owner: 'qa', reason: 'test', expiresAt });
  expect((await gateway.admin('/v1/limit-exceptions', { method: 'POST', body })).status).toBe(201);
  expect(await askAll(gateway.port, '', 8)).toEqual({ 502: 8 });
  await until('the exception is over', () => Date.now() >= untilMs);
  expect(await askAll(gateway.port, '', 8)).toEqual({ 429: 8 });
});

test('the configuration of the guide is one', async () => {
  const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(GUIDE) ?? [];
  const config = parse(text);
  await using gateway = await startTestGateway({ ...plainConfig(1), ...config });
  const plan = gateway.gateway.services.status().plan;
  expect(plan?.endpoints).toEqual(
    expect.arrayContaining(['shop/accounts', 'shop/reset-password', 'shop/tickets']),
  );
});

describe.runIf(hasPostgres())('two gateways on one PostgreSQL', () => {
  test('an exception that one of them is told holds at both, and is gone at both', async () => {
    const [server, upstream, issuer] = await Promise.all([startPostgres(), start(), startIssuer()]);
    const at = server.createDatabase();
    const more = { defaults: { rateLimit: { perHour: 2 } } };
    const gateways: SharedGateway[] = [];
    try {
      for (const name of ['a', 'b'])
        gateways.push(await startShared({ name, at, upstreamPort: upstream.port, issuer, more }));
      const [a, b] = gateways as [SharedGateway, SharedGateway];
      const { key, id } = await a.createKey('k');
      const passed = async ({ port }: SharedGateway) => {
        let count = 0;
        for (let i = 0; i < 8; i++) if ((await ask(port, keyHeader(key))).status === 200) count++;
        return count;
      };
      expect([await passed(a), await passed(b)]).toEqual([2, 2]);
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const body = JSON.stringify({ for: { key: id }, factor: 2, owner: 'qa', reason: 'test', expiresAt });
      const added = await a.admin('/v1/limit-exceptions', { method: 'POST', body });
      const told = (await added.json()) as {
        exception: { id: string };
        nodes: { name: string; state: string }[];
      };
      expect([added.status, told.nodes]).toMatchObject([201, [{ name: 'b', state: 'applied' }]]);
      expect([await passed(a), await passed(b)]).toEqual([2, 2]);
      const removed = await b.admin(`/v1/limit-exceptions/${told.exception.id}`, { method: 'DELETE' });
      expect(removed.status).toBe(200);
      expect([await passed(a), await passed(b)]).toEqual([0, 0]);
    } finally {
      for (const { process } of gateways) process.kill('SIGKILL');
      await Promise.all(gateways.map(({ ended }) => ended));
      for (const { folder } of gateways) folder[Symbol.dispose]();
      await Promise.all([server[Symbol.asyncDispose](), upstream.close(), issuer[Symbol.asyncDispose]()]);
    }
  });
});
