import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { type Ended, runNode, startNode } from '../support/run-node.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const PASSWORD = 'tin roof rusted again';
let dir = '';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-cli-users-'));
  const [port = 0, adminPort = 0] = await freePorts(2);
  writeFileSync(
    join(dir, 'portcullis.yaml'),
    `version: 1
threads: 1
listeners: [{ name: web, host: 127.0.0.1, port: ${port} }]
admin: { port: ${adminPort} }
oauth: { issuer: 'http://127.0.0.1:${port}' }
apis:
  - { id: orders, path: /orders, upstream: 'http://127.0.0.1:9', authenticate: none }
`,
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const cli = (input: string, ...args: string[]): Promise<Ended> => runNode(MAIN, args, { cwd: dir, input });

async function json(input: string, ...args: string[]) {
  const { code, out, err } = await cli(input, ...args, '--json');
  return { code, err, value: JSON.parse(out) as Record<string, unknown> };
}

/** The whole life of a user, the same with a gateway and without one. */
async function life(name: string): Promise<void> {
  const made = await cli(`${PASSWORD}\nmore`, 'user', 'create', name, '--roles', 'a,b', '--password-stdin');
  expect(made).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/is created\. Id [0-9A-Za-z]{22}\./),
  });
  const shown = await json('', 'user', 'show', name.toUpperCase());
  expect(shown.value).toMatchObject({ name, roles: ['a', 'b'], hasPassword: true, status: 'active' });
  expect(JSON.stringify(shown.value)).not.toContain('argon2');
  expect(await cli('', 'user', 'change', name)).toMatchObject({
    code: 2,
    err: expect.stringContaining('Say what to change.'),
  });
  expect((await cli('', 'user', 'change', name, '--no-roles', '--require-totp', 'yes')).code).toBe(0);
  expect((await cli('another tin roof', 'user', 'set-password', name, '--password-stdin')).code).toBe(0);
  expect((await cli('', 'user', 'disable', name)).out).toContain('may no longer sign in');
  expect((await json('', 'user', 'show', name)).value).toMatchObject({
    roles: [],
    isTotpRequired: true,
    status: 'disabled',
  });
  expect((await cli('', 'user', 'enable', name)).code).toBe(0);
  expect((await cli('', 'user', 'reset-totp', name)).code).toBe(0);
  expect((await cli('', 'user', 'list')).out).toMatch(new RegExp(`NAME[^]*${name} +active +password`));
  expect((await cli('', 'user', 'delete', name)).out).toContain('is deleted');
  expect((await cli('', 'user', 'show', name)).code).toBe(1);
}

describe('user commands', () => {
  test('work on the database where no gateway runs', () => life('alice'));

  test('work on the running gateway', async () => {
    const { process, saysOut, ended } = startNode(MAIN, ['run'], { cwd: dir });
    try {
      await saysOut('Admin API on');
      await life('bob');
    } finally {
      process.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    }
  });

  test.each([
    ['short\n', 'Use at least 12 characters.'],
    ['carol1234567\n', 'This is little more than a name that others know: use something else.'],
    ['', 'password'],
  ])('refuse the password %j with a sentence', async (input, sentence) => {
    const { code, err, out } = await cli(input, 'user', 'create', 'carol', '--password-stdin');
    expect({ code, text: err + out }).toEqual({ code: 1, text: expect.stringContaining(sentence) });
  });

  test('without a terminal ask for nothing', async () => {
    const { code, err } = await cli(PASSWORD, 'user', 'create', 'carol');
    expect(code).toBe(1);
    expect(err).toContain('--password-stdin');
  });

  test('leave no password in any file', () => {
    const database = readFileSync(join(dir, '.portcullis', 'portcullis.db'), 'latin1');
    expect(database).not.toContain(PASSWORD);
    expect(readFileSync(join(dir, '.portcullis', 'journal.jsonl'), 'utf8')).not.toContain(PASSWORD);
  });
});
