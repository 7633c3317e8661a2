import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SampleApi, startSampleApi } from '../../examples/sample-api/server.ts';
import { freePorts } from '../support/free-ports.ts';
import { type Ended, type Running, runNode, startNode } from '../support/run-node.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const OPENAPI = join(import.meta.dirname, '../../examples/sample-api/openapi.yaml');
const SILENT = { code: 0, err: '' };

let dir = '';
let port = 0;
let adminPort = 0;
let api: SampleApi;
const running: Running[] = [];

const cli = (...args: string[]): Promise<Ended> => runNode(MAIN, args, { cwd: dir });
const start = (...args: string[]): Running => {
  const started = startNode(MAIN, args, { cwd: dir });
  running.push(started);
  return started;
};

async function json(...args: string[]) {
  const { code, out, err } = await cli(...args, '--json');
  return { code, err, value: JSON.parse(out) };
}

function configText(more = ''): string {
  return `version: 1
threads: 1
listeners: [{ name: web, host: 127.0.0.1, port: ${port} }]
admin: { port: ${adminPort} }
apis:
  - { id: orders, upstream: 'http://127.0.0.1:${api.port}', rateLimit: { tier: fromPrincipal }${more} }
`;
}

const save = (text: string): void => writeFileSync(join(dir, 'portcullis.yaml'), text);
const ask = (path: string, key = ''): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close', ...(key === '' ? {} : { 'x-api-key': key }) },
  });

beforeAll(async () => {
  api = await startSampleApi();
  dir = mkdtempSync(join(tmpdir(), 'portcullis-cli-'));
  [port = 0, adminPort = 0] = await freePorts(2);
});

afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGKILL');
    await ended;
  }
});

afterAll(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('without a gateway', () => {
  test('`init` writes a configuration that `check --strict` accepts, and never overwrites', async () => {
    const folder = join(dir, 'fresh');
    expect(await cli('init', '--dir', folder)).toMatchObject(SILENT);
    const path = join(folder, 'portcullis.yaml');
    expect(readFileSync(path, 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=.*portcullis\.schema\.json\n/,
    );
    expect(await cli('check', '--strict', '--config', path)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^rules \d+: \d+ of the gateway\.\n/),
    });
    writeFileSync(path, 'mine');
    expect(await cli('init', '--dir', folder)).toMatchObject({
      code: 1,
      err: `${path} exists already: \`--force\` replaces it.\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await cli('init', '--dir', folder, '--force')).toMatchObject(SILENT);
    expect(await cli('init', '--dir', folder, '--force', '--upstream', 'x')).toMatchObject({
      code: 2,
      out: '',
    });
  });

  test('`check` prints every mistake with its place, and with --json all of them as one value', async () => {
    save('version: 1\nlistener: []\napis:\n  - id: Orders\n    upstream: nowhere\n');
    const { code, out, err } = await cli('check');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^\.\/portcullis\.yaml:2:1 {2}listener {2}`listener` is not a key [^\n]*Did you mean `listeners`\?\n/,
    );
    expect(err).toMatch(
      /portcullis\.yaml:4:5 {2}apis\[0\]\.id [^\n]*\n\.\/portcullis\.yaml:5:5 {2}apis\[0\]\.upstream /,
    );
    expect(err).toMatch(/\nThe configuration has 3 mistakes\.\n$/);
    const { value } = await json('check');
    expect(value).toMatchObject({
      error: 'config_invalid',
      problems: [{ line: 2, pointer: '/listener' }, { line: 4 }, { line: 5 }],
    });
  });

  test('`check --strict` refuses what is weak', async () => {
    save(configText(', authenticate: none'));
    const weak = await cli('check');
    expect(weak).toMatchObject(SILENT);
    expect(weak.out).toMatch(
      /^weak {2}\.\/portcullis\.yaml:6:\d+ {2}apis\[0\]\.authenticate .*\nrules .*\n\.\/portcullis\.yaml is OK, with 1 weak setting\.\n$/,
    );
    expect(await json('check', '--strict')).toMatchObject({
      code: 1,
      value: { ok: false, weaknesses: [{ level: 'weak' }] },
    });
  });

  test('keys are made, listed and revoked on the database, which only `key create` makes', async () => {
    save(configText());
    expect(await cli('key', 'list')).toMatchObject({ code: 1, out: '' });
    const made = await json(
      'key',
      'create',
      '--name',
      'ci',
      '--scopes',
      'a,b',
      '--methods',
      'get',
      '--expires-days',
      '30',
    );
    expect(made).toMatchObject({
      ...SILENT,
      value: { name: 'ci', scopes: ['a', 'b'], methods: ['GET'], notes: [] },
    });
    const { key, id } = made.value;
    const list = await cli('key', 'list');
    expect(list.out).toContain(id);
    expect(list.out).not.toContain(key);
    expect(await cli('key', 'create', '--name', 'x', '--tier', 'gold')).toMatchObject({ code: 1, out: '' });
    expect(await json('key', 'revoke', id)).toMatchObject({
      ...SILENT,
      value: { status: 'revoked', by: 'database' },
    });
    expect(await json('key', 'revoke', 'nobody')).toMatchObject({ code: 1, value: { error: 'not_found' } });
  });

  test('what needs a gateway says that there is none', async () => {
    const err = `No gateway is running on 127.0.0.1:${adminPort}: start it with \`portcullis run\`.\n`;
    expect(await cli('status')).toEqual({ code: 1, out: '', err });
    expect(await cli('reload')).toEqual({ code: 1, out: '', err });
    expect(await json('status')).toMatchObject({ code: 1, err: '', value: { error: 'unavailable' } });
  });

  test('a configuration that is not there is a sentence', async () => {
    const { code, err } = await cli('run', '--config', 'no.yaml');
    expect(code).toBe(1);
    expect(err).toContain('The configuration no.yaml cannot be read: there is no such file.');
  });
});

test('a gateway is run, asked, reloaded, explained and stopped', async () => {
  save(configText());
  const gateway = start('run');
  await gateway.saysOut('Admin API on');
  expect(gateway.out()).toContain(`Listening on http://127.0.0.1:${port} (web)\n`);

  const { key, id } = (await json('key', 'create', '--name', 'me')).value;
  expect((await ask('/api/v1/orders', key)).status).toBe(200);
  const refused = await ask('/api/v1/orders');
  expect(refused.status).toBe(401);

  const requestId = refused.headers.get('x-request-id') ?? '';
  const explained = await cli('explain', requestId);
  expect(explained).toMatchObject(SILENT);
  expect(explained.out).toMatch(/^GET \/api\/v1\/orders from 127\.0\.0\.1 was refused with 401: /);
  expect(explained.out).toContain('What would have let it pass');

  expect(await json('status')).toMatchObject({
    ...SILENT,
    value: { threads: [{ state: 'running' }], plan: { apis: ['orders'] } },
  });
  expect(await json('reload')).toMatchObject({ ...SILENT, value: { planVersion: 2 } });
  save(configText(', upsream: x'));
  const broken = await cli('reload');
  expect(broken).toMatchObject({ code: 1, out: '' });
  expect(broken.err).toContain('Did you mean `upstream`?');
  // The gateway is found and still serves, although its file is broken now.
  expect(await cli('status')).toMatchObject({ code: 0 });

  const revoked = await cli('key', 'revoke', id);
  expect(revoked.out).toMatch(
    /is revoked\. No thread accepts it any more; the slowest, thread \d+, acknowledged after [\d.]+ ms\.\n$/,
  );
  expect((await ask('/api/v1/orders', key)).status).toBe(401);
  save(configText());

  const second = await cli('run');
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(second.err).toContain(`Port ${port} on 127.0.0.1 is in use`);

  gateway.process.kill('SIGTERM');
  const { code, err } = await gateway.ended;
  expect(code).toBe(0);
  for (const line of err.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
  expect(err).not.toContain(key);
  // The gateway is gone; the database still explains. Before, it may not have had the record yet.
  const fromDatabase = explained.out.replace('(from the journal)', '(from the database)');
  expect((await cli('explain', requestId)).out).toBe(fromDatabase);
});

test('SIGHUP reloads', async () => {
  save(configText());
  const gateway = start('run', '--json');
  await gateway.saysOut('}\n');
  expect(JSON.parse(gateway.out())).toMatchObject({ pid: gateway.process.pid, listeners: [{ name: 'web' }] });
  gateway.process.kill('SIGHUP');
  await gateway.saysErr('Plan 2 is in force');
  gateway.process.kill('SIGINT');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});

test('`dev` guards what a document declares, with a key that it prints once', async () => {
  const gateway = start(
    'dev',
    '--upstream',
    `http://127.0.0.1:${api.port}`,
    '--openapi',
    OPENAPI,
    '--port',
    '0',
    '--admin-port',
    '0',
    '--json',
  );
  await gateway.saysOut('}\n');
  const { url, key, endpoints } = JSON.parse(gateway.out());
  expect(endpoints).toContainEqual(expect.objectContaining({ method: 'GET', path: '/api/v1/orders/{id}' }));
  const status = async (path: string, init: RequestInit = {}) => {
    const headers = { connection: 'close', ...init.headers };
    return (await fetch(url + path, { ...init, headers })).status;
  };
  const known = { headers: { 'x-api-key': key } };
  expect(await status('/api/v1/orders/ord_1001')).toBe(401);
  expect(await status('/api/v1/orders/ord_1001', known)).toBe(200);
  expect(await status('/api/v1/secret', known)).toBe(404);
  expect(await status('/api/v1/search', { ...known, method: 'DELETE' })).toBe(405);
  const form = { 'x-api-key': key, 'content-type': 'text/plain' };
  expect(await status('/api/v1/orders', { headers: form, method: 'POST', body: 'x' })).toBe(415);

  await gateway.saysErr('415 POST /api/v1/orders');
  rmSync(join(dir, 'portcullis.yaml'));
  const listed = await cli('key', 'list');
  expect(listed.out).toContain('dev');
  expect(listed.out + gateway.err()).not.toContain(key);
  expect(statSync(join(dir, '.portcullis/admin.token')).mode & 0o777).toBe(0o600);

  gateway.process.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});
