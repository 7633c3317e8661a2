import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateNotes } from '../../src/cli/certificate-notes.ts';
import type { GatewayConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Notice } from '../../src/core/notices.ts';
import { DAY_MS } from '../../src/lib/time/day.ts';
import { CertificateWatch } from '../../src/runtime/certificate-watch.ts';
import { type LoadedConfig, loadFrom } from '../../src/runtime/config-source.ts';
import { StandingProblems } from '../../src/runtime/standing-problems.ts';
import { makeCertificate } from '../support/certificates.ts';
import { instant, TestPki } from '../support/pki.ts';
import { exchange } from '../support/raw-client.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const root = TestPki.root({ subject: '/CN=new', until: instant(400 * DAY_MS) });
const old = TestPki.root({ subject: '/CN=old', until: instant(100 * DAY_MS) });
const server = makeCertificate(['api.test']);
const UNTIL = new Date(Date.now() + 10 * DAY_MS).toISOString();

const config = (upstreamPort: number) =>
  plainConfig(upstreamPort, {
    listeners: [
      {
        name: 'web',
        host: '127.0.0.1',
        port: 0,
        tls: {
          certificates: [{ cert: 'api.pem', key: 'api.key' }],
          clientCa: [{ file: 'old.pem', until: UNTIL }, { file: 'new.pem' }],
        },
      },
    ],
    apis: [
      {
        id: 'web',
        path: '/',
        upstream: `http://127.0.0.1:${upstreamPort}`,
        authenticate: { mtls: { revocation: { crl: 'new.crl' } } },
      },
    ],
  });
const files = {
  'api.pem': server.cert,
  'api.key': server.key,
  'old.pem': old.self.cert,
  'new.pem': root.self.cert,
  'new.crl': root.crl(),
};

let dir: string;
let loaded: LoadedConfig;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-endings-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  writeFileSync(join(dir, 'portcullis.yaml'), JSON.stringify(config(1)));
  loaded = loadFrom({ path: join(dir, 'portcullis.yaml') }, Date.now());
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('`check` says how long what ends soon has left, and what has ended', () => {
  const { config: read } = loadConfig(join(dir, 'portcullis.yaml'));
  const messages = (nowMs: number) =>
    certificateNotes(read as GatewayConfig, nowMs).map(({ message }) => message);
  expect(messages(Date.now())).toEqual([
    expect.stringMatching(/^The authority CN=old ends in 9 days, on /),
    expect.stringMatching(/^The certificate for api\.test ends in 29 days, on /),
  ]);
  expect(messages(Date.now() + 12 * DAY_MS)).toEqual([
    expect.stringMatching(/^The revocation list of CN=new ended on /),
    expect.stringMatching(/^The authority CN=old ended on /),
    expect.stringMatching(/^The certificate for api\.test ends in 17 days, on /),
  ]);
});

test('the watch raises a notice per threshold, and what has ended is a problem until it is replaced', () => {
  const raised: Notice[] = [];
  const problems = new StandingProblems(() => {});
  const state = { loaded };
  const watch = new CertificateWatch(state, { raise: (notice) => void raised.push(notice) }, problems);
  const [nowMs, names] = [
    Date.now(),
    () => raised.splice(0).map(({ dedupeKey }) => dedupeKey.replace(/ \S+Z /, ' ')),
  ];
  watch.look(nowMs);
  expect(names()).toEqual(['client-authority 14 CN=old', 'server-certificate 30 api.test']);
  expect(problems.all).toEqual([]);
  watch.look(nowMs + 5 * DAY_MS);
  expect(names()).toEqual(['client-authority 7 CN=old', 'server-certificate 30 api.test']);
  watch.look(nowMs + 12 * DAY_MS);
  expect(names()).toEqual(['server-certificate 30 api.test']);
  expect(problems.all).toEqual([
    expect.stringContaining('revocation list of CN=new ended'),
    expect.stringContaining('authority CN=old ended'),
  ]);
  watch.look(nowMs);
  expect(problems.all).toEqual([]);
  watch.close();
});

test('a gateway tells of both, and of clients whose certificate ends soon', async () => {
  const upstream = await start();
  await using gateway = await startTestGateway(config(upstream.port), files);
  const client = root.client(['DNS:a.test'], { subject: '/CN=client', until: instant(20 * DAY_MS) });
  const tls = { cert: client.cert, key: client.key };
  const { responses } = await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { tls, expect: 1 });
  expect(responses[0]?.status).toBe(200);
  const status = (await (await gateway.admin('/v1/status')).json()) as {
    certificates: { kind: string; name: string; daysLeft: number }[];
  };
  expect(status.certificates.map(({ kind, name, daysLeft }) => [kind, name, daysLeft])).toEqual([
    ['revocation-list', 'CN=new', 6],
    ['client-authority', 'CN=old', 9],
    ['server-certificate', 'api.test', 29],
    ['client-authority', 'CN=new', 399],
  ]);
  const told = async (): Promise<string[]> => {
    const { notices } = (await (await gateway.admin('/v1/notices')).json()) as {
      notices: { kind: string; payload: { what: string } }[];
    };
    return notices.map(({ payload: { what } }) => what).sort();
  };
  const expected = ['client-authority', 'client-certificate', 'server-certificate'];
  await until('the notices', async () => (await told()).join() === expected.join());
  await upstream.close();
});
