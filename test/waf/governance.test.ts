import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { startIssuer } from '../support/issuer.ts';
import { hasPostgres, startPostgres } from '../support/postgres.ts';
import { start } from '../support/recording-upstream.ts';
import { runNode } from '../support/run-node.ts';
import { type SharedGateway, startShared } from '../support/several-gateways.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const RELEASED = `
SecRule ARGS "@contains xattackx" "id:1001,phase:2,deny,status:403,log,tag:'attack-sqli',msg:'A word'"
`;
const OWN = `SecRule ARGS "@contains xownx" "id:2001,phase:2,deny,status:403,log,msg:'Our word'"\n`;
const wafOf = (folder: string) => ({
  mode: 'enforce',
  include: [join(folder, 'released.conf')],
  custom: [join(folder, 'own*.conf')],
});

function ruleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-rules-'));
  writeFileSync(join(folder, 'released.conf'), RELEASED);
  writeFileSync(join(folder, 'own.conf'), OWN);
  return folder;
}

/** Statuses of requests on connections of their own, which land on any thread. */
async function statuses(port: number, query: string, count = 8): Promise<number[]> {
  const found = new Set<number>();
  for (let i = 0; i < count; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/comments?text=${query}`, {
      headers: { Connection: 'close' },
    });
    await answer.arrayBuffer();
    found.add(answer.status);
  }
  return [...found];
}

test('the life of bypasses and trials by command, in every thread of a gateway', async () => {
  const folder = ruleFolder();
  const upstream = await start();
  const [admin = 0] = await freePorts(1);
  const plain = plainConfig(upstream.port) as { apis: object[] };
  const config = (waf: object) => ({
    ...plain,
    threads: 2,
    admin: { port: admin },
    apis: [{ ...plain.apis[0], waf }],
  });
  await using gateway = await startTestGateway(config(wafOf(folder)));
  try {
    const cli = async (...args: string[]) => {
      const { code, out, err } = await runNode(MAIN, [
        'waf',
        ...args,
        '--config',
        gateway.configPath,
        '--json',
      ]);
      return { code, json: JSON.parse(out || err || '{}') };
    };
    expect(await statuses(gateway.port, 'xattackx')).toEqual([403]);
    const asked = await cli(
      ...['bypass', 'add', '--rule', '1001', '--path', '/comments', '--parameter', 'ARGS:text'],
      ...['--owner', 'shop', '--reason', 'a test', '--by', 'alice'],
    );
    expect(asked).toMatchObject({ code: 0, json: { bypass: { status: 'waiting' } } });
    const { id } = asked.json.bypass;
    expect(await statuses(gateway.port, 'xattackx')).toEqual([403]);
    for (const by of ['shop', 'Alice'])
      expect(await cli('bypass', 'approve', id, '--by', by)).toMatchObject({
        code: 1,
        json: { error: 'same_person' },
      });
    expect(await statuses(gateway.port, 'xattackx')).toEqual([403]);

    expect(await cli('bypass', 'approve', id, '--by', 'bob')).toMatchObject({
      code: 0,
      json: { bypass: { status: 'active' } },
    });
    expect(await statuses(gateway.port, 'xattackx')).toEqual([200]);
    const elsewhere = await fetch(`http://127.0.0.1:${gateway.port}/orders?text=xattackx`);
    const otherwise = await fetch(`http://127.0.0.1:${gateway.port}/comments?other=xattackx`);
    expect([elsewhere.status, otherwise.status]).toEqual([403, 403]);
    await until(
      'uses are counted',
      async () => (await cli('bypass', 'list')).json.bypasses[0].letThrough === 8,
    );

    expect(await cli('bypass', 'end', id)).toMatchObject({ code: 0 });
    expect(await statuses(gateway.port, 'xattackx')).toEqual([403]);

    expect(await statuses(gateway.port, 'xownx')).toEqual([200]);
    expect((await cli('trials')).json.trials).toMatchObject([
      { rule: 2001, state: 'trial', origin: 'custom' },
    ]);
    expect(await cli('trial', 'accept', '2001')).toMatchObject({ code: 0 });
    expect(await statuses(gateway.port, 'xownx')).toEqual([403]);

    writeFileSync(
      join(folder, 'released.conf'),
      RELEASED.replace('xattackx', 'x(at|t)ackx').replace('@contains', '@rx'),
    );
    expect((await gateway.admin('/v1/reload', { method: 'POST' })).status).toBe(200);
    expect(await statuses(gateway.port, 'xatackx')).toEqual([200]);
    expect((await cli('trials')).json.trials).toMatchObject([
      { rule: 1001, state: 'trial', origin: 'include' },
    ]);
    writeFileSync(join(folder, 'released.conf'), RELEASED);
    expect((await gateway.admin('/v1/reload', { method: 'POST' })).status).toBe(200);
    expect(await statuses(gateway.port, 'xattackx', 1)).toEqual([403]);

    const blocked = await fetch(`http://127.0.0.1:${gateway.port}/comments?text=xattackx`);
    const requestId = blocked.headers.get('x-request-id') ?? '';
    await until('the request is recorded', async () => (await cli('confirm-fp', requestId)).code === 0);
    const { json: report } = await cli('report');
    expect(report.rules).toContainEqual(
      expect.objectContaining({ rule: 1001, category: 'sqli', confirmed: 1 }),
    );
    expect(
      report.categories.find(({ category }: { category: string }) => category === 'sqli').blocks,
    ).toBeGreaterThan(20);
    expect(report.bypasses).toMatchObject([
      { id, letThrough: 8, approver: 'bob', reason: 'a test', isProven: false },
    ]);
    expect(report.modes).toMatchObject({ log: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await upstream.close();
  }
});

describe.runIf(hasPostgres())('two gateways on one PostgreSQL', () => {
  test('what one of them is told holds at both, and a rule is on trial once', async () => {
    const folder = ruleFolder();
    const [server, upstream, issuer] = await Promise.all([startPostgres(), start(), startIssuer()]);
    const at = server.createDatabase();
    const api = { id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}`, authenticate: 'none' };
    const more = { apis: [{ ...api, waf: wafOf(folder) }] };
    const gateways: SharedGateway[] = [];
    try {
      for (const name of ['a', 'b'])
        gateways.push(await startShared({ name, at, upstreamPort: upstream.port, issuer, more }));
      const [a, b] = gateways as [SharedGateway, SharedGateway];
      const both = async (query: string) => [
        await statuses(a.port, query, 6),
        await statuses(b.port, query, 6),
      ];
      const post = async (gateway: SharedGateway, path: string, body: object) => {
        const answer = await gateway.admin(path, { method: 'POST', body: JSON.stringify(body) });
        return {
          status: answer.status,
          json: (await answer.json()) as { bypass: { id: string }; nodes: object[] },
        };
      };
      expect([await both('xattackx'), await both('xownx')]).toEqual([
        [[403], [403]],
        [[200], [200]],
      ]);
      const asked = await post(a, '/v1/waf/bypasses', { rule: 1001, owner: 'shop', reason: 'a test' });
      expect(asked.status).toBe(201);
      const { id } = asked.json.bypass;
      const approved = await post(b, `/v1/waf/bypasses/${id}/approve`, { by: 'bob' });
      expect([approved.status, approved.json.nodes]).toMatchObject([200, [{ name: 'a', state: 'applied' }]]);
      expect(await both('xattackx')).toEqual([[200], [200]]);
      expect((await a.admin(`/v1/waf/bypasses/${id}`, { method: 'DELETE' })).status).toBe(200);
      expect(await both('xattackx')).toEqual([[403], [403]]);

      expect((await post(b, '/v1/waf/trials', { rule: 2001, action: 'accept' })).status).toBe(200);
      await until('both know', async () => (await both('xownx')).flat().every((status) => status === 403));
    } finally {
      for (const { process } of gateways) process.kill('SIGKILL');
      await Promise.all(gateways.map(({ ended }) => ended));
      for (const { folder: own } of gateways) own[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
      await Promise.all([server[Symbol.asyncDispose](), upstream.close(), issuer[Symbol.asyncDispose]()]);
    }
  });
});
