import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/binaries.ts';
import { hasCoreRules } from '../support/core-rules.ts';
import { type SqlShop, startSqlShop } from '../support/sql-shop.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** Where the shop takes what it looks for; `*` is where sqlmap tries. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  query: ['/items?id=1*'],
  json: ['/items', '--data', '{"id":"1*"}', '--headers', 'Content-Type: application/json'],
  cookie: ['/items', '--cookie', 'item=1*'],
};

/** Other spellings of the same that sqlmap has for firewalls. */
const SPELLINGS = ['space2comment,randomcase', 'charencode,equaltolike'];

const hasSqlmap = needs('sqlmap', 'sqlmap');

let shop: SqlShop;
let folder: string;
beforeAll(async () => {
  shop = await startSqlShop();
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlmap-'));
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function openGateway(waf: object): Promise<TestGateway> {
  return startTestGateway(plainConfig(shop.port, { defaults: { waf } }));
}

/** What sqlmap says at the end about one place of the shop. It calls itself a browser: its own name would give it away. */
async function sqlmap(port: number, place: readonly string[], ...more: string[]): Promise<string> {
  const [target, ...fields] = place as readonly [string, ...string[]];
  const args = [
    ...['-u', `http://127.0.0.1:${port}${target}`, ...fields],
    ...['--batch', '--ignore-proxy', '--disable-coloring', '--flush-session', '--output-dir', folder],
    ...['--level', '1', '--risk', '1', '--technique', 'BEU', '--dbms', 'sqlite', '--skip-waf'],
    ...['--timeout', '10', '--retries', '0', '--user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0'],
    ...more,
  ];
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn('sqlmap', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return said;
}

const FOUND = 'sqlmap identified the following injection point';
const NOTHING = 'all tested parameters do not appear to be injectable';

describe.skipIf(!hasSqlmap)('without the firewall', () => {
  test.each(Object.keys(PLACES))('sqlmap finds the injection: %s', async (place) => {
    await using gateway = await openGateway({ mode: 'off' });
    expect(await sqlmap(gateway.port, PLACES[place] as string[])).toContain(FOUND);
  });

  test.each(SPELLINGS)('sqlmap finds it in other spellings: %s', async (tamper) => {
    await using gateway = await openGateway({ mode: 'off' });
    expect(await sqlmap(gateway.port, PLACES.query as string[], '--tamper', tamper)).toContain(FOUND);
  });
});

const CORE_RULES = {
  include: ['/etc/modsecurity/crs/crs-setup.conf', '/usr/share/modsecurity-crs/rules/*.conf'],
};

describe.skipIf(!hasSqlmap).each([
  { name: 'the rules that ship', waf: { mode: 'enforce' }, isThere: true },
  { name: 'the Core Rule Set', waf: { mode: 'enforce', ...CORE_RULES }, isThere: hasCoreRules },
])('with $name', ({ waf, isThere }) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    if (isThere) gateway = await openGateway(waf);
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
  });

  test.skipIf(!isThere).each(Object.keys(PLACES))('it finds nothing: %s', async (place) => {
    const before = shop.requests;
    expect(await sqlmap(gateway.port, PLACES[place] as string[])).toContain(NOTHING);
    // What is harmless came through: the shop was there to be attacked.
    expect(shop.requests).toBeGreaterThan(before);
  });

  test.skipIf(!isThere).each(SPELLINGS)('it finds nothing in other spellings: %s', async (tamper) => {
    expect(await sqlmap(gateway.port, PLACES.query as string[], '--tamper', tamper)).toContain(NOTHING);
  });

  test.skipIf(!isThere)('rules refused it, and neither a limit nor a ban did', async () => {
    const records = await gateway.records(1);
    const refusals = records.map(({ portcullis }) => portcullis.decision).filter(isDeny);
    expect(refusals.filter(({ stage }) => stage === 'waf').length).toBeGreaterThan(50);
    // What is no URL is refused before any rule sees it.
    expect(refusals.filter(({ stage }) => !/^(?:waf|protocol|hardening)$/.test(stage))).toEqual([]);
  });
});

function isDeny({ effect }: { readonly effect: string }): boolean {
  return effect === 'deny';
}
