import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { StatusQuestion } from '../../src/core/ports.ts';
import { askResponder } from '../../src/stores/certificates/ask-responder.ts';
import { Responders } from '../../src/stores/certificates/responders.ts';
import { startResponder } from '../support/ocsp-responder.ts';
import { type Signed, TestPki } from '../support/pki.ts';

const SIGNING = ['basicConstraints=CA:FALSE', 'keyUsage=digitalSignature', 'extendedKeyUsage=OCSPSigning'];
const root = TestPki.root({ subject: '/CN=root' });
const other = TestPki.root({ subject: '/CN=root' });
const good = root.client();
const revoked = root.client();
const unknown = root.client();

function world(nowMs = Date.now()) {
  const clock = { time: nowMs, nowMs: () => clock.time };
  const asked: string[] = [];
  const responders = new Responders({
    clock,
    ask: (url, request, timeoutMs) => {
      asked.push(url);
      return askResponder(url, request, timeoutMs);
    },
  });
  const ask = (certificate: Signed, responder: string, change: Partial<StatusQuestion> = {}) =>
    responders.ask({
      certificate: certificate.der,
      issuer: root.self.der,
      responder,
      nonce: false,
      timeoutMs: 2_000,
      maxAgeS: 3_600,
      ...change,
    });
  return { clock, asked, ask };
}

/** A server that answers with whatever bytes. */
async function serve(answer: (body: Buffer) => { status?: number; body: Uint8Array } | null) {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const made = answer(Buffer.concat(chunks));
      if (made === null) return;
      response.writeHead(made.status ?? 200, { 'content-type': 'application/ocsp-response' });
      response.end(made.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('a responder of openssl', () => {
  test.each([
    ['the authority itself', () => root.self],
    [
      'one that the authority delegated to',
      () => root.client([], { subject: '/CN=responder', extensions: SIGNING }),
    ],
  ])('%s says what it knows', async (_what, signer) => {
    await using responder = await startResponder({
      authority: root.self,
      signer: signer(),
      good: [good],
      revoked: [revoked],
    });
    const { ask } = world();
    expect(await ask(good, responder.url)).toMatchObject({ status: 'good', problem: '' });
    expect(await ask(revoked, responder.url)).toMatchObject({ status: 'revoked' });
    expect(await ask(unknown, responder.url)).toMatchObject({ status: 'unknown' });
    expect(await ask(good, responder.url, { nonce: true })).toMatchObject({ status: 'good' });
  });

  test.each([
    ['a client of the authority', () => root.client([], { subject: '/CN=responder' })],
    [
      'a responder of another authority of the name',
      () => other.client([], { subject: '/CN=responder', extensions: SIGNING }),
    ],
    ['another authority of the name', () => other.self],
    [
      'a responder that has expired',
      () =>
        root.client([], {
          subject: '/CN=responder',
          extensions: SIGNING,
          from: '20200101000000Z',
          until: '20200102000000Z',
        }),
    ],
    [
      'a responder of an authority below',
      () =>
        root
          .authority({ subject: '/CN=below' })
          .client([], { subject: '/CN=responder', extensions: SIGNING }),
    ],
  ])('signed by %s says nothing', async (_what, signer) => {
    await using responder = await startResponder({
      authority: root.self,
      signer: signer(),
      good: [good],
      revoked: [revoked],
    });
    const { ask } = world();
    for (const certificate of [good, revoked]) {
      const { status, problem } = await ask(certificate, responder.url);
      expect([status, problem]).toEqual(['unavailable', expect.stringContaining('not of the authority')]);
    }
  });

  test('is asked once for many, and again before its answer is too old', async () => {
    await using responder = await startResponder({ authority: root.self, good: [good] });
    const { ask, asked, clock } = world();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(good, responder.url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['good']));
    expect(asked).toHaveLength(1);
    const begunMs = clock.time;
    clock.time = begunMs + 44 * 60_000;
    await ask(good, responder.url);
    expect(asked).toHaveLength(1);
    clock.time = begunMs + 46 * 60_000;
    expect((await ask(good, responder.url)).status).toBe('good');
    expect(asked).toHaveLength(2);
  });

  test('that stops is believed as long as its answer counts', async () => {
    await using responder = await startResponder({ authority: root.self, good: [good] });
    const { ask, clock } = world();
    await ask(good, responder.url);
    await responder.stop();
    clock.time += 50 * 60_000;
    expect((await ask(good, responder.url)).status).toBe('good');
    clock.time += 20 * 60_000;
    const { status, problem } = await ask(good, responder.url);
    expect([status, problem]).toEqual(['unavailable', expect.stringContaining(responder.url)]);
  });
});

describe('whatever else answers', () => {
  test.each([
    ['a page', { body: Buffer.from('<html>') }, 'no OCSP response'],
    ['nothing', { body: Buffer.alloc(0) }, 'no OCSP response'],
    ['try later', { body: Buffer.from('30030a0103', 'hex') }, 'try later'],
    ['unauthorized', { body: Buffer.from('30030a0106', 'hex') }, 'unauthorized'],
    ['success without an answer', { body: Buffer.from('30030a0100', 'hex') }, 'no OCSP response'],
    ['an error', { status: 500, body: Buffer.alloc(0) }, 'status 500'],
    ['a redirect', { status: 302, body: Buffer.alloc(0) }, 'status 302'],
    ['100 KiB', { body: Buffer.alloc(100 * 1024) }, 'more than 65536 bytes'],
  ])('%s', async (_what, answer, part) => {
    await using server = await serve(() => answer);
    const { status, problem } = await world().ask(good, server.url);
    expect([status, problem]).toEqual([
      'unavailable',
      expect.stringMatching(part === 'status 302' ? /redirect|302/ : part),
    ]);
  });

  test('nobody in time: the others are told at once, and again after five seconds', async () => {
    await using server = await serve(() => null);
    const { ask, asked, clock } = world();
    const first = await ask(good, server.url, { timeoutMs: 100 });
    expect(first).toMatchObject({
      status: 'unavailable',
      problem: expect.stringContaining('no answer within 100 ms'),
    });
    expect((await ask(revoked, server.url, { timeoutMs: 100 })).status).toBe('unavailable');
    expect(asked).toHaveLength(1);
    clock.time += 5_001;
    await ask(revoked, server.url, { timeoutMs: 100 });
    expect(asked).toHaveLength(2);
  });

  test('an answer about another certificate, and one that is recorded and sent again later', async () => {
    await using responder = await startResponder({ authority: root.self, good: [good, unknown] });
    const seen: Uint8Array[] = [];
    await using recorder = await serve((body) => ({ body: seen[0] ?? body }));
    const request = { certificate: good.der, issuer: root.self.der };
    const { PathCertificate } = await import('../../src/lib/x509/path-certificate.ts');
    const { ocspRequest } = await import('../../src/lib/x509/ocsp.ts');
    const [leaf, issuer] = [request.certificate, request.issuer].map(
      (der) => PathCertificate.open(der)?.facts,
    );
    seen.push(
      await askResponder(
        responder.url,
        ocspRequest(leaf as never, issuer as never, new Uint8Array(0)),
        2_000,
      ),
    );
    expect((await world().ask(good, recorder.url)).status).toBe('good');
    expect((await world().ask(unknown, recorder.url)).problem).toContain('another certificate');
    expect((await world(Date.now() + 2 * 3_600_000).ask(good, recorder.url)).problem).toContain(
      'out of date',
    );
    expect((await world(Date.now() - 3_600_000).ask(good, recorder.url)).problem).toContain('future');
    expect((await world().ask(good, recorder.url, { nonce: true })).problem).toContain('nonce');
  });

  test('any change of a good answer says nothing, or the same', async () => {
    await using responder = await startResponder({ authority: root.self, revoked: [revoked] });
    const { PathCertificate } = await import('../../src/lib/x509/path-certificate.ts');
    const { ocspRequest } = await import('../../src/lib/x509/ocsp.ts');
    const { judgeResponse } = await import('../../src/stores/certificates/judge-response.ts');
    const [certificate, issuer] = [revoked, root.self].map(({ der }) => PathCertificate.open(der)) as [
      never,
      never,
    ];
    const facts = (one: never) => (one as { facts: never }).facts;
    const answer = await askResponder(
      responder.url,
      ocspRequest(facts(certificate), facts(issuer), new Uint8Array(0)),
      2_000,
    );
    const asked = { certificate, issuer, responder: responder.url, nonce: new Uint8Array(0), maxAgeMs: 1000 };
    expect(judgeResponse(answer, asked, Date.now()).status).toBe('revoked');
    for (let at = 0; at < answer.length; at++) {
      const changed = new Uint8Array(answer);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      expect(['revoked', 'unavailable']).toContain(judgeResponse(changed, asked, Date.now()).status);
    }
  });
});
