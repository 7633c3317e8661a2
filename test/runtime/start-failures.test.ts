import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway } from '../../src/gateway.ts';
import { gatewayFolder } from '../support/gateway-folder.ts';
import { runNode } from '../support/run-node.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

let taken: Server;
let port: number;

beforeAll(async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  port = (taken.address() as { port: number }).port;
});
afterAll(() => void taken.close());

interface Case {
  readonly what: string;
  readonly config: () => object;
  readonly files?: Record<string, string>;
  readonly says: RegExp;
}

const tls = (cert: string, key: string) => ({
  listeners: [{ name: 'web', host: '127.0.0.1', port: 0, tls: { certificates: [{ cert, key }] } }],
});

const CASES: Case[] = [
  {
    what: 'a port in use',
    config: () => plainConfig(1, { listeners: [{ name: 'web', host: '127.0.0.1', port }] }),
    says: /Port \d+ on 127\.0\.0\.1 is in use/,
  },
  {
    what: 'an admin port in use',
    config: () => plainConfig(1, { admin: { port } }),
    says: /admin listener cannot use 127\.0\.0\.1:\d+/,
  },
  {
    what: 'a damaged database',
    config: () => plainConfig(1),
    files: { 'data/portcullis.db': `SQLite format 3\0${'x'.repeat(8000)}` },
    says: /database .* is (damaged|not a database)|The file .* is not a database/,
  },
  {
    what: 'a database of another kind',
    config: () => plainConfig(1),
    files: { 'data/portcullis.db': 'hello, I am a text file and no database at all\n'.repeat(99) },
    says: /is not a database/,
  },
  {
    what: 'a certificate that is not there',
    config: () => plainConfig(1, tls('./none.pem', './none.key')),
    says: /none\.pem.* cannot be read|cannot be read.*none\.pem/s,
  },
  {
    what: 'a certificate that is none',
    config: () => plainConfig(1, tls('./cert.pem', './cert.pem')),
    files: { 'cert.pem': 'not a certificate' },
    says: /cert\.pem/,
  },
  {
    what: 'a data folder that cannot be made',
    config: () => plainConfig(1, { dataDir: '/dev/null/data' }),
    says: /\/dev\/null\/data\S* cannot be (opened|written)/,
  },
  {
    what: 'a journal that cannot be opened',
    config: () => plainConfig(1, { journal: { path: './none/journal.jsonl' } }),
    says: /The journal \S*none\/journal\.jsonl cannot be opened: its folder does not exist/,
  },
  {
    what: 'an admin token that is none',
    config: () => plainConfig(1),
    files: { 'data/admin.token': 'short\n' },
    says: /does not hold an admin token/,
  },
];

test.each(CASES)(
  '$what: a sentence, no stack, exit code 1, and nothing that keeps the process',
  async (row) => {
    const dir = mkdtempSync(join(tmpdir(), 'portcullis-start-'));
    mkdirSync(join(dir, 'data'));
    writeFileSync(join(dir, 'portcullis.yaml'), JSON.stringify(row.config()));
    for (const [name, text] of Object.entries(row.files ?? {}))
      writeFileSync(join(dir, name), text, { mode: 0o600 });
    const { code, out, err } = await runNode(CLI, ['run', '--config', join(dir, 'portcullis.yaml')]);
    expect(code).toBe(1);
    expect(out + err).toMatch(row.says);
    expect(out + err).not.toMatch(/\n\s+at .*:\d+/);
    rmSync(dir, { recursive: true });
  },
);

test('a configuration that is not there', async () => {
  const { code, err } = await runNode(CLI, ['run', '--config', '/no/such/portcullis.yaml']);
  expect(code).toBe(1);
  expect(err).toMatch(/\/no\/such\/portcullis\.yaml cannot be read/);
});

test('a database that another gateway holds, which serves on', async () => {
  using folder = gatewayFolder(plainConfig(1));
  const first = await folder.start();
  const { code, err } = await runNode(CLI, ['run', '--config', folder.configPath]);
  expect(code).toBe(1);
  expect(err).toContain(`is in use by process ${first.process.pid}`);
  expect((await first.admin('/readyz')).status).toBe(200);
  first.process.kill('SIGTERM');
  expect((await first.ended).code).toBe(0);
});

test('a start that failed leaves nothing behind: the next one in the same process succeeds', async () => {
  using folder = gatewayFolder(plainConfig(1, { admin: { port } }));
  const log = () => {};
  const before = process.getActiveResourcesInfo().length;
  for (let i = 0; i < 3; i++) {
    await expect(startGateway({ source: { path: folder.configPath }, log })).rejects.toThrow(
      'admin listener',
    );
  }
  await until('no handle is left', () => process.getActiveResourcesInfo().length <= before);
  writeFileSync(folder.configPath, JSON.stringify(plainConfig(1)));
  const gateway = await startGateway({ source: { path: folder.configPath }, log });
  await gateway.close();
});
