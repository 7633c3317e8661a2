import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { type Ended, type Running, runNode, startNode } from '../support/run-node.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

let dir = '';
let tree = '';
let adminPort = 0;

const cli = (...args: string[]): Promise<Ended> => runNode(MAIN, args, { cwd: dir });
// biome-ignore lint/suspicious/noExplicitAny: each command answers differently
async function json(...args: string[]): Promise<{ code: number | null; value: any }> {
  const { code, out } = await cli(...args, '--json');
  return { code, value: JSON.parse(out) };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-keys-'));
  tree = join(dir, 'tree');
  const [port = 0, admin = 0] = await freePorts(2);
  adminPort = admin;
  const config = {
    version: 1,
    threads: 1,
    listeners: [{ name: 'web', host: '127.0.0.1', port }],
    admin: { port: adminPort },
    keys: { deliveryFolder: './delivered', graceHours: 5 },
    apis: [{ id: 'orders', upstream: 'http://127.0.0.1:9' }],
  };
  writeFileSync(join(dir, 'portcullis.yaml'), JSON.stringify(config));
  mkdirSync(tree);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the life of a key, with no gateway and with one', () => {
  let key = '';
  let id = '';
  let running: Running | null = null;
  afterAll(async () => {
    running?.process.kill('SIGKILL');
    await running?.ended;
  });

  test('is created with its limits', async () => {
    const more = ['--countries', 'de,fr', '--limit-minute', '5', '--client', 'app-1', '--prefix', 'ab1'];
    const { code, value } = await json('key', 'create', '--name', 'ci', ...more);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      countries: ['DE', 'FR'],
      limits: { perMinute: 5 },
      client: 'app-1',
      kind: 'partner',
    });
    expect(value.key).toMatch(/^ab1_/);
    ({ key, id } = value);
  });

  test.each<[string[], number, string]>([
    [
      ['key', 'create', '--name', 'x', '--kind', 'secret'],
      2,
      '--kind is one of internal, partner, app, public.',
    ],
    [['key', 'create', '--name', 'x', '--countries', 'UK'], 1, 'did you mean GB'],
    [['key', 'create', '--name', 'x', '--kind', 'internal', '--rotate-days', '30'], 1, 'needs one place'],
    [['key', 'create', '--name', 'x', '--prefix', 'NO'], 1, 'lower-case letters and digits'],
    [['key', 'rotate', 'ghost'], 1, 'There is no key with the id ghost'],
    [['key', 'rotate', 'a', '--grace-hours', '9999'], 2, 'from 0 to 720'],
    [['key', 'compromise', 'a', '--since', 'yesterday'], 2, '--since is an instant'],
    [['key', 'show', 'ghost'], 1, 'There is no key'],
    [['key', 'scan'], 2, 'PATH is missing'],
    [['notices', 'list', '--kind', 'key.leeked'], 2, 'Did you mean key.leaked?'],
  ])('%j is refused', async (args, code, sentence) => {
    const ended = await cli(...args);
    expect(ended.code).toBe(code);
    expect(ended.err).toContain(sentence);
  });

  test('a scan finds it, with and without a database, and never shows it', async () => {
    expect((await cli('key', 'scan', tree)).code).toBe(0);
    writeFileSync(join(tree, 'app.env'), `A=1\nKEY=${key}\n`);
    const known = await json('key', 'scan', tree);
    expect(known.code).toBe(1);
    expect(known.value.keys).toEqual([
      { file: join(tree, 'app.env'), line: 2, prefix: key.slice(0, 8), id, status: 'active' },
    ]);
    const alone = await json('key', 'scan', tree, '--config', 'absent.yaml');
    expect(alone).toMatchObject({ code: 1, value: { keys: [{ id, status: null }] } });
    const shown = await cli('key', 'scan', tree);
    expect(shown.out).toContain(`app.env:2  ${key.slice(0, 8)}…`);
    for (const text of [shown.out, shown.err, JSON.stringify([known, alone])])
      expect(text).not.toContain(key.split('_')[2] as string);
    const absent = await cli('key', 'scan', 'nowhere');
    expect([absent.code, absent.out.includes('cannot be read')]).toEqual([1, true]);
  });

  test('is rotated by the database alone, and the gateway that starts then knows both', async () => {
    const { code, value } = await json('key', 'rotate', id);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      record: { predecessor: id, countries: ['DE', 'FR'] },
      old: { id, status: 'grace' },
    });
    const graceMs = Date.parse(value.old.expiresAt) - Date.parse(value.old.rotatedAt);
    expect(graceMs).toBe(5 * 3_600_000);
    running = startNode(MAIN, ['run'], { cwd: dir });
    await running.saysOut('Admin API on');
    const shown = await cli('key', 'show', id);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain('Grace ends');
    expect(shown.out).toContain(`Replaced by  ${value.record.id} (active), last used never`);
    expect((await cli('key', 'list', '--usage')).out).toMatch(/REQUESTS +ERRORS +MEAN/);
  });

  test('what a scan finds can be handed to the gateway, which revokes it', async () => {
    const reported = await json('key', 'scan', tree, '--report');
    expect(reported).toMatchObject({ code: 1, value: { report: [{ id, outcome: 'revoked' }] } });
    const again = await json('key', 'compromise', id, '--since', '2026-01-01');
    expect(again).toMatchObject({
      code: 0,
      value: { by: 'gateway', key: null, record: { status: 'revoked' } },
    });
    expect(again.value.leaks).toMatchObject([{ place: `${join(tree, 'app.env')}:2` }]);
    const { value } = await json('notices', 'list');
    expect(value.notices.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'key.compromised',
      'key.leaked',
      'key.rotated',
    ]);
    expect((await cli('notices', 'list', '--kind', 'key.leaked')).out).toContain(`keyId=${id}`);
  });
});
