import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { type Running, runNode, startNode } from '../support/run-node.ts';

const ROOT = join(import.meta.dirname, '../..');
const START = join(ROOT, 'examples/quickstart/start.ts');

const execute = promisify(execFile);
const paste = async (line: string): Promise<string> =>
  (await execute('sh', ['-c', line], { cwd: ROOT })).stdout;

let dir = '';
let env: NodeJS.ProcessEnv = {};
let quickstart: Running;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-quickstart-'));
  const [port, adminPort, apiPort] = await freePorts(3);
  env = {
    PORTCULLIS_QUICKSTART_PORT: `${port}`,
    PORTCULLIS_QUICKSTART_ADMIN_PORT: `${adminPort}`,
    PORTCULLIS_QUICKSTART_API_PORT: `${apiPort}`,
    PORTCULLIS_QUICKSTART_DATA: dir,
  };
  quickstart = startNode(START, [], { cwd: tmpdir(), env });
  await quickstart.saysOut('Ctrl-C stops.');
});

afterAll(async () => {
  quickstart.process.kill('SIGKILL');
  await quickstart.ended;
  rmSync(dir, { recursive: true, force: true });
});

/** The lines to paste that begin so. */
function lines(command: string): string[] {
  return quickstart
    .out()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith(command));
}

test('the four lines give 200, 401, 429 and 400', async () => {
  const [granted = '', unknown = '', limited = '', invalid = ''] = lines('curl');
  expect(await paste(granted)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*"id":"ord_1001"/);
  expect(await paste(unknown)).toMatch(/^HTTP\/1\.1 401 [\s\S]*"error":"unauthorized"/);
  expect((await paste(limited)).trim().split('\n')).toEqual(['200', '200', '429']);
  expect(await paste(invalid)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"error":"invalid_json"/);
});

test('the admin API answers its line, and a request is explained by the command that is printed', async () => {
  const admin = lines('curl').at(-1) ?? '';
  expect(JSON.parse(await paste(admin))).toMatchObject({ plan: { version: 1 }, problems: [] });
  const answer = await paste(lines('curl')[1] ?? '');
  const requestId = /^x-request-id: (\S+)/im.exec(answer)?.[1] ?? '';
  await quickstart.saysErr(`explain ${requestId}`);
  const [words = ''] = lines('npm run portcullis -- explain');
  const args = words.replace('npm run portcullis -- ', '').replace('REQUEST-ID', requestId).split(' ');
  const explained = await runNode(join(ROOT, 'src/cli/main.ts'), args, { cwd: ROOT });
  expect(explained.err).toBe('');
  expect(explained.out).toMatch(/^GET \/api\/v1\/orders from 127\.0\.0\.1 was refused with 401/);
});

test('a port that is taken is a sentence', async () => {
  const [adminPort, apiPort] = await freePorts(2);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const PORTCULLIS_QUICKSTART_DATA = join(dir, 'other');
  const free = {
    PORTCULLIS_QUICKSTART_PORT: env.PORTCULLIS_QUICKSTART_PORT,
    PORTCULLIS_QUICKSTART_ADMIN_PORT: `${adminPort}`,
    PORTCULLIS_QUICKSTART_API_PORT: `${apiPort}`,
    PORTCULLIS_QUICKSTART_DATA,
  };
  for (const taken of [
    {},
    { PORTCULLIS_QUICKSTART_PORT: `${adminPort}`, PORTCULLIS_QUICKSTART_ADMIN_PORT: `${port}` },
    { PORTCULLIS_QUICKSTART_API_PORT: `${port}` },
  ]) {
    const { code, out, err } = await runNode(START, [], { env: { ...free, ...taken } });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /(in use|another process does)[^\n]*\nOther ports can be had: `PORTCULLIS_QUICKSTART_PORT=8081 /,
    );
    expect(err).not.toMatch(/\n +at /);
  }
  await new Promise((resolve) => server.close(resolve));
});

test('SIGTERM ends it with 0', async () => {
  quickstart.process.kill('SIGTERM');
  const { code, err } = await quickstart.ended;
  expect(code).toBe(0);
  expect(err).toContain('The gateway has stopped.');
});
