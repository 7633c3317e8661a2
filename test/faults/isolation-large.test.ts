import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';
import { type MarkingUpstream, openMarking } from './marking-upstream.ts';

const COUNT = 96;
const ROUNDS = 3;
const KIB = 1024;
/** Around the sizes at which buffers change. */
const SIZES = [48, 64, 256, 512, 768, 1024]
  .flatMap((kib) => [kib * KIB - 1, kib * KIB, kib * KIB + 1])
  .concat(3_000_000);
/** As large as a held body may be, and exactly as large as a buffer for large reads. */
const HELD = 512 * KIB;
const HELD_AROUND = '{"text":""}'.length;

let plain: MarkingUpstream;
let secure: MarkingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  const certificate = makeCertificate(['a.test']);
  [plain, secure] = await Promise.all([openMarking(), openMarking(certificate)]);
  const tls = { certificates: [{ cert: './a.pem', key: './a.key' }] };
  // Clients, gateway and upstreams share the processors: a handshake may take its time.
  const timeouts = { connectMs: 30_000 };
  const common = { authenticate: 'none', timeouts, validate: { maxBodyBytes: 8_000_000 } };
  const toSecure = { targets: [secure.origin], tls: { verify: false } };
  gateway = await startTestGateway(
    plainConfig(0, {
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0 },
        { name: 'tls', host: '127.0.0.1', port: 0, tls },
      ],
      apis: [
        { id: 'plain', path: '/plain', upstream: plain.origin, ...common },
        { id: 'secure', path: '/secure', upstream: toSecure, ...common },
        { id: 'held', path: '/held', upstream: plain.origin, ...common, validate: { json: {} } },
      ],
    }),
    { 'a.pem': certificate.cert, 'a.key': certificate.key },
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all([plain[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
});

interface Visit {
  readonly api: 'plain' | 'secure' | 'held';
  readonly isSecure: boolean;
  readonly mark: string;
  readonly up: number;
  readonly down: number;
  readonly flags: string;
  /** When it leaves with a reset, in milliseconds; 0 for those who stay. */
  readonly leaveMs: number;
}

function visitOf(at: number): Visit {
  const api = (['plain', 'secure', 'held'] as const)[at % 3] as Visit['api'];
  return {
    api,
    isSecure: at % 4 === 3,
    mark: `v${at.toString(36)}`,
    up: api === 'held' ? HELD - HELD_AROUND : (SIZES[(at * 7) % SIZES.length] as number),
    down: SIZES[(at * 5 + 3) % SIZES.length] as number,
    flags: `x${at % 5 < 2 ? 'c' : ''}${at % 7 < 2 ? 'u' : ''}${api === 'held' ? 'j' : ''}`,
    leaveMs: at % 5 === 4 ? 5 + (at % 60) : 0,
  };
}

function bodyOf({ api, mark, up }: Visit): Buffer {
  const bytes = markedBytes(mark, up);
  return api === 'held' ? Buffer.from(JSON.stringify({ text: bytes.toString('latin1') })) : bytes;
}

/** Sends all, reads with pauses; says what is wrong with what came, as far as it came. */
function visit(each: Visit, at: number): Promise<string> {
  const { api, isSecure, mark, up, down, flags, leaveMs } = each;
  const body = bodyOf(each);
  const framing = flags.includes('c')
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': body.length };
  const options = {
    host: '127.0.0.1',
    port: gateway.gateway.ports[isSecure ? 'tls' : 'web'] as number,
    path: `/${api}/${mark}/${up}/${down}/${flags}`,
    method: 'PUT',
    agent: false,
    rejectUnauthorized: false,
    headers: { ...framing, ...(api === 'held' ? { 'Content-Type': 'application/json' } : {}) },
  } as const;
  return new Promise((resolve) => {
    const request = (isSecure ? requestSecure : requestPlain)(options, async (response) => {
      const pieces: Buffer[] = [];
      const isSlow = at % 3 === 0;
      try {
        for await (const piece of response) {
          pieces.push(piece as Buffer);
          if (isSlow) await new Promise((wake) => setTimeout(wake, 2));
        }
      } catch (error) {
        if (leaveMs === 0) return resolve(`${mark}: ${error}`);
      }
      const got = Buffer.concat(pieces);
      if (response.statusCode !== 200) return resolve(`${mark}: ${response.statusCode} ${got}`);
      resolve(differenceFrom(mark, leaveMs === 0 ? down : got.length, got));
    });
    request.on('error', (error) => resolve(leaveMs === 0 ? `${options.path}: ${error}` : ''));
    // One chunk where it is chunked, so that reads end within it.
    request.end(body);
    if (leaveMs > 0) setTimeout(() => leave(request.socket), leaveMs);
  });
}

function leave(socket: Socket | null): void {
  if (socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket?.destroy();
}

test('large bodies both ways keep their bytes while others leave', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const visits = Array.from({ length: COUNT }, (_, at) => visit(visitOf(round * COUNT + at), at));
    expect((await Promise.all(visits)).filter((text) => text !== '')).toEqual([]);
  }
  // Those who left break their uploads off.
  const wrong = [...plain.differences, ...secure.differences].filter((text) => text.startsWith('up '));
  expect(wrong).toEqual([]);
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
