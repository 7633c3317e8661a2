import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needs } from '../support/binaries.ts';
import { makeCertificate } from '../support/certificates.ts';
import { freePorts } from '../support/free-ports.ts';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { startTestGateway, until } from '../support/test-gateway.ts';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/guides/mtls.md'), 'utf8');
const blocks = (language: string) =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text as string,
  );

let dir: string;
let upstream: RecordingUpstream;
let client: { cert: string; key: string };
let files: Record<string, string>;

/** Does what the guide says, in a folder of its own. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-guide-'));
  mkdirSync(join(dir, 'tls'));
  execFileSync('sh', ['-ec', blocks('sh')[0] as string], { cwd: dir, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  client = { cert: read('acme.pem'), key: read('acme.key') };
  const server = makeCertificate(['api.company.com']);
  files = { 'partners-ca.pem': read('tls/partners-ca.pem'), 'api.pem': server.cert, 'api.key': server.key };
  upstream = await start();
});

afterAll(async () => {
  await upstream.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A configuration of the guide, on free ports and with the files in one folder. */
function configOf(yaml: string, change: (text: string) => string = (text) => text): object {
  const text = change(yaml)
    .replaceAll('./tls/', './')
    .replace('http://127.0.0.1:3000', `http://127.0.0.1:${upstream.port}`)
    .replace(/name: (secure|inner)/, 'name: web, host: 127.0.0.1')
    .replace(/- name: web, host: 127.0.0.1\n/, '- name: web\n    host: 127.0.0.1\n')
    .replace(/port: 8\d{3}/, 'port: 0');
  return { text };
}

async function startWith(yaml: string) {
  const { text } = configOf(yaml) as { text: string };
  const { parse } = await import('yaml');
  return startTestGateway(
    { threads: 1, dataDir: './data', admin: { port: 0 }, ...(parse(text) as object) },
    files,
  );
}

const REQUEST = 'GET /orders HTTP/1.1\r\nHost: api.company.com\r\nConnection: close\r\n\r\n';

test('the first configuration lets in whom the commands make', async () => {
  await using gateway = await startWith(blocks('yaml')[0] as string);
  const { responses } = await exchange(gateway.port, REQUEST, { tls: client, expect: 1 });
  expect(responses[0]?.status).toBe(200);
  const refused = await exchange(gateway.port, REQUEST, { tls: {}, expect: 1 });
  expect(refused.responses[0]?.status).toBe(401);
  const [record] = await gateway.records(1);
  expect(record?.['user.id']).toBe('spiffe://company/partner/acme');
});

test.skipIf(!needs('haproxy', 'haproxy'))(
  'a HAProxy that is set up as the guide says passes certificates on',
  async () => {
    const yaml = blocks('yaml').find((text) => text.includes('fromTrustedProxies')) as string;
    await using gateway = await startWith(yaml.replace('10.0.0.7/32', '127.0.0.1/32'));
    const [port = 0] = await freePorts(1);
    const rules = [...GUIDE.matchAll(/`(http-request [^`]+)`/g)].map(([, rule]) => `  ${rule}`).reverse();
    writeFileSync(join(dir, 'server.pem'), `${files['api.pem']}${files['api.key']}`);
    const lines = [
      'defaults',
      '  mode http',
      '  timeout client 5s',
      '  timeout server 5s',
      '  timeout connect 5s',
      'frontend in',
      `  bind 127.0.0.1:${port} ssl crt ${join(dir, 'server.pem')} ca-file ${join(dir, 'tls/partners-ca.pem')} verify optional`,
      ...rules,
      '  default_backend out',
      'backend out',
      `  server gateway 127.0.0.1:${gateway.port}`,
      '',
    ];
    writeFileSync(join(dir, 'haproxy.cfg'), lines.join('\n'));
    const haproxy = spawn('haproxy', ['-db', '-f', join(dir, 'haproxy.cfg')], { stdio: 'ignore' });
    try {
      const ask = async (tls: object, fields = ''): Promise<number> => {
        const request = REQUEST.replace('\r\n\r\n', `\r\n${fields}\r\n`);
        return (await exchange(port, request, { tls, expect: 1 })).responses[0]?.status ?? 0;
      };
      await until('HAProxy answers', () =>
        ask({}).then(
          () => true,
          () => false,
        ),
      );
      expect(await ask(client)).toBe(200);
      expect(await ask({})).toBe(401);
      const own = `Client-Cert: :${Buffer.from(client.cert.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64')}:\r\n`;
      expect(await ask({}, own)).toBe(401);
      expect(await ask(client, own)).toBe(200);
    } finally {
      haproxy.kill('SIGKILL');
    }
  },
);
