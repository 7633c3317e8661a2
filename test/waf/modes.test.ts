import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startLoad } from '../support/load.ts';
import { openRawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { chunked, openWafWorld, RULES, request, type WafWorld } from './world.ts';

const JSON_TYPE = 'Content-Type: application/json';

describe('modes', () => {
  test('observe lets pass what it would have refused, and says so', async () => {
    await using world = await openWafWorld({ mode: 'observe' });
    const { response, record } = await world.record(request('GET /?q=xattackx'));
    expect(response?.status).toBe(200);
    expect(record['rule.id']).toEqual(['1001']);
    const check = record.portcullis.checks.find(
      ({ stage, verdict }) => stage === 'waf' && verdict !== 'continue',
    );
    expect(check).toMatchObject({ mode: 'observe', verdict: 'would-deny', reason: 'waf.blocked' });
    const long = request(
      'POST /',
      [JSON_TYPE, 'Transfer-Encoding: chunked'],
      chunked(Buffer.alloc(1_500_000, 32), 9_999),
    );
    expect((await world.record(long)).response?.status).toBe(200);
    expect(world.upstream.requests.at(-1)?.body.length).toBe(1_500_000);
    world.answer('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nxleakx');
    expect((await world.record(request('GET /'))).response?.body.toString()).toBe('xleakx');
  });

  test('off looks at nothing', async () => {
    await using world = await openWafWorld({ mode: 'off' });
    const { response, record } = await world.record(request('GET /?q=xattackx'));
    expect(response?.status).toBe(200);
    expect(record.portcullis.checks.some(({ stage }) => stage === 'waf')).toBe(false);
  });

  test('an endpoint may say otherwise than its API', async () => {
    const endpoints = [{ id: 'wiki', path: '/wiki', methods: ['GET'], waf: { rules: { 1001: 'log' } } }];
    await using world = await openWafWorld({}, { api: { endpoints } });
    expect((await world.send(request('GET /other?q=xattackx')))?.status).toBe(403);
    const { response, record } = await world.record(request('GET /wiki?q=xattackx'));
    expect(response?.status).toBe(200);
    expect(record.portcullis.waf).toMatchObject({
      would_block: true,
      matches: expect.arrayContaining([expect.objectContaining({ rule: 1001, log_only: true })]),
    });
  });

  test('addresses on the allow list are looked at by no rule', async () => {
    await using world = await openWafWorld({ allow: ['127.0.0.1'] });
    const { response, record } = await world.record(request('GET /?q=xattackx'));
    expect(response?.status).toBe(200);
    expect(record.portcullis.waf).toMatchObject({ view: 'allowed', matches: [] });
  });

  test('rules of the operator are on trial', async () => {
    const custom = `SecRule ARGS "@contains xownx" "id:3001,phase:2,deny,log,msg:'Own'"\n`;
    await using world = await openWafWorld({ custom: ['own.conf'] }, { files: { 'own.conf': custom } });
    const { response, record } = await world.record(request('GET /?q=xownx'));
    expect(response?.status).toBe(200);
    expect(record.portcullis.waf).toMatchObject({ would_block: true });
    expect((await world.send(request('GET /?q=xattackx')))?.status).toBe(403);
  });

  test('what another stage refused is looked at, and only looked at', async () => {
    await using world = await openWafWorld({}, { api: { access: { deny: ['127.0.0.0/8'] } } });
    const { response, record } = await world.record(request('GET /?q=xattackx'));
    expect(response?.status).toBe(403);
    expect(record.portcullis.decision).toMatchObject({ stage: 'access' });
    expect(record.portcullis.waf).toMatchObject({ view: 'refused-before', ended_by: { rule: 1001 } });
  });
});

describe('bodies that are longer than what is looked at', () => {
  const long = Buffer.alloc(3_000_000, 'a long text ');

  test('of a named type stream, whole and unchanged', async () => {
    await using world = await openWafWorld({ uploads: ['application/pdf'] });
    for (const fields of [[], ['Transfer-Encoding: chunked']]) {
      world.upstream.clear();
      const body = fields.length === 0 ? long : chunked(long, 50_000);
      const sent = request('PUT /f', ['Content-Type: application/pdf', ...fields], body);
      expect((await world.send(sent))?.status).toBe(200);
      expect(world.upstream.requests[0]?.body.equals(long)).toBe(true);
    }
    const attack = request(
      'PUT /f',
      ['Content-Type: application/pdf'],
      Buffer.concat([Buffer.from('xattackx'), long]),
    );
    expect((await world.send(attack))?.status).toBe(403);
  });

  test('pass with `whenUninspected: log`, after their beginning was looked at', async () => {
    await using world = await openWafWorld({ whenUninspected: 'log' });
    const text = 'Content-Type: text/plain';
    const { response, record } = await world.record(request('POST /', [text], long));
    expect(response?.status).toBe(200);
    expect(world.upstream.requests[0]?.body.equals(long)).toBe(true);
    expect(record.portcullis.waf).toMatchObject({ incomplete: expect.stringContaining('dataLimitBytes') });
  });

  test('do not come past `validate.maxBodyBytes` either', async () => {
    await using world = await openWafWorld(
      { uploads: ['application/pdf'] },
      { api: { validate: { maxBodyBytes: 2_000_000 } } },
    );
    const sent = request(
      'PUT /',
      ['Content-Type: application/pdf', 'Transfer-Encoding: chunked'],
      chunked(long, 50_000),
    );
    expect((await world.send(sent))?.status).toBe(413);
  });
});

test('a long body leaves the thread to others', async () => {
  await using world = await openWafWorld({}, { files: { 'rules.conf': `${RULES}\n${SLOW}` } });
  const items = Array.from({ length: 930 }, (_, at) => `"k${at}":"${'some words '.repeat(100)}"`);
  const body = `{${items.join(',')}}`;
  expect(body.length).toBeGreaterThan(1_000_000);
  expect(body.length).toBeLessThan(1_048_576);
  const client = await openRawClient(world.gateway.port);
  const other = await openRawClient(world.gateway.port);
  await client.write(request('POST /long', [JSON_TYPE], body));
  await other.write(request('GET /short'));
  const order: string[] = [];
  await Promise.all([
    client.read(1, 20_000).then(() => order.push('long')),
    other.read(1, 20_000).then(() => order.push('short')),
  ]);
  expect(order).toEqual(['short', 'long']);
  client.close();
  other.close();
});

/** Rules that have something to do with every value. */
const SLOW = Array.from(
  { length: 40 },
  (_, at) =>
    `SecRule ARGS "@rx (?:some|words).{0,20}never${at}" "id:${4000 + at},phase:2,pass,t:none,t:lowercase,t:compressWhitespace,nolog"`,
).join('\n');

describe('reloads', () => {
  test('with other rules fail no request, and the new rules look, on trial', async () => {
    await using world = await openWafWorld();
    const load = startLoad(world.gateway.port, { keeping: 4, fresh: 2 });
    for (let round = 0; round < 3; round++) {
      const more = `SecRule ARGS "@contains xround${round}x" "id:${5000 + round},phase:2,deny"\n`;
      writeFileSync(join(world.gateway.dir, 'rules.conf'), RULES + more);
      await world.gateway.gateway.reload();
      const before = load.answered;
      await until('more answers', () => load.answered > before + 20);
      expect((await world.send(request(`GET /r${round}?q=xround${round}x`)))?.status).toBe(200);
      expect(await seen(world, `/r${round}`)).toEqual([5000 + round]);
      expect((await world.send(request('GET /?q=xattackx')))?.status).toBe(403);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  test('with a mistake in a rule file change nothing, and name file, line and word', async () => {
    await using world = await openWafWorld();
    writeFileSync(
      join(world.gateway.dir, 'rules.conf'),
      `${RULES}SecRule ARGS "@guess x" "id:9,phase:2,deny"\n`,
    );
    const { problems } = await world.gateway.gateway.reload();
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/rules\.conf, line \d+: `.*guess/);
    expect((await world.send(request('GET /?q=xattackx')))?.status).toBe(403);
  });

  test('come by themselves when a rule file changes', async () => {
    await using world = await openWafWorld();
    writeFileSync(join(world.gateway.dir, 'rules.conf'), RULES.replaceAll('xattackx', 'xotherx'));
    await until('the new rules', async () => (await world.send(request('GET /?q=xattackx')))?.status === 200);
    await world.send(request('GET /other?q=xotherx'));
    expect(await seen(world, '/other')).toEqual([1001]);
  });
});

/** The rules that matched the last request to a path. */
async function seen(world: WafWorld, path: string): Promise<number[]> {
  let rules: number[] = [];
  await until('an event', async () => {
    const answer = await world.gateway.admin(`/v1/waf/events?path=${path}&limit=1`);
    rules = ((await answer.json()) as { events: { rules: number[] }[] }).events[0]?.rules ?? [];
    return rules.length > 0;
  });
  return rules;
}
