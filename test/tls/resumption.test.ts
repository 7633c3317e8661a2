import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { handshake } from '../support/openssl.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const ATTEMPTS = 12;

let world: TlsWorld;
let dir: string;

beforeAll(async () => {
  world = await openTlsWorld({
    certificates: [makeCertificate(['first.test']), makeCertificate(['api.test'])],
    config: { threads: 2 },
  });
  dir = mkdtempSync(join(tmpdir(), 'portcullis-sessions-'));
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** Makes a session and uses it again and again: the kernel spreads the connections over both threads. */
async function resumes(version: string, name: string): Promise<boolean[]> {
  const session = join(dir, `${version}-${name}.pem`);
  const request = `GET / HTTP/1.1\nHost: ${name}\nConnection: close\n\n`;
  const args = [version, '-servername', name, '-crlf', '-ign_eof'];
  // TLS 1.3 sends tickets behind the handshake, so an answer has to be waited for.
  const typed = [['Verify return code', request]] as const;
  await handshake(world.port, [...args, '-sess_out', session], typed);
  const resumed: boolean[] = [];
  for (let i = 0; i < ATTEMPTS; i++) {
    resumed.push((await handshake(world.port, [...args, '-sess_in', session], typed)).isResumed);
  }
  return resumed;
}

test.each([
  ['-tls1_2', 'first.test'],
  ['-tls1_2', 'api.test'],
  ['-tls1_3', 'first.test'],
  ['-tls1_3', 'api.test'],
])('%s: a session for %s is resumed on whatever thread', async (version, name) => {
  expect(await resumes(version, name)).toEqual(Array.from({ length: ATTEMPTS }, () => true));
});

test('both threads took part', async () => {
  const status = (await (await world.gateway.admin('/v1/status')).json()) as { threads: { state: string }[] };
  expect(status.threads.map(({ state }) => state)).toEqual(['running', 'running']);
});
