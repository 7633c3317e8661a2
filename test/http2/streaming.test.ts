import { spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/binaries.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';

const MIB = 2 ** 20;
const BODY_BYTES = 192 * MIB;
/** The whole test process may grow by this much; it holds upstream and test besides the gateway. */
const MOST_GROWTH_BYTES = 150 * MIB;
const STALL_BYTES = 32 * MIB;
const PIECE = Buffer.alloc(64 * 1024, 'x');

const hasCurl = needs('curl', 'curl');

let upstream: Server;
let gateway: TestGateway;
/** Bytes that the upstream wrote. */
let sent = 0;

beforeAll(async () => {
  upstream = createServer({ noDelay: true }, serve);
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as { port: number };
  const { cert, key } = apiCertificate();
  const config = plainConfig(port, {
    listeners: [tlsListener(1)],
    defaults: { validate: { maxBodyBytes: 2 ** 31 } },
  });
  gateway = await startTestGateway(config, { '0.pem': cert, '0.key': key });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.close();
});

/** Sends BODY_BYTES for a GET; reads a PUT and answers with 204; reads nothing at all of a PUT to /stall. */
function serve(socket: Socket): void {
  let expected = -1;
  let got = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (expected >= 0) got += chunk.length;
    else {
      const text = chunk.toString('latin1');
      if (text.startsWith('GET')) return void download(socket);
      if (text.startsWith('PUT /stall')) return void socket.pause();
      expected = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      got = chunk.length - text.indexOf('\r\n\r\n') - 4;
    }
    if (got !== expected) return;
    expected = -1;
    socket.write('HTTP/1.1 204 No Content\r\n\r\n');
  });
}

function download(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
  let left = BODY_BYTES;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= PIECE.length;
      sent += PIECE.length;
      if (!socket.write(PIECE)) return void socket.once('drain', more);
    }
  };
  more();
}

/** Runs curl over HTTP/2; resolves to its status line and the memory that this process grew by meanwhile. */
async function curl(args: readonly string[], input: number): Promise<{ written: string; growth: number }> {
  const before = process.memoryUsage.rss();
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const format = ['-w', '%{http_version} %{http_code} %{size_download} %{size_upload}', '-o', '/dev/null'];
  const child = spawn('curl', ['-sk', '--http2', ...format, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  child.stdin.on('error', () => {});
  feed(child.stdin, input);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(sampler);
  return { written, growth: most - before };
}

function feed(stdin: NodeJS.WritableStream, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= PIECE.length;
      if (!stdin.write(PIECE)) return void stdin.once('drain', more);
    }
    stdin.end();
  };
  more();
}

describe.skipIf(!hasCurl)('large bodies over HTTP/2', () => {
  test('a download streams', async () => {
    const { written, growth } = await curl([`https://127.0.0.1:${gateway.port}/`], 0);
    expect(written).toBe(`2 200 ${BODY_BYTES} 0`);
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  });

  test('an upload streams', async () => {
    const url = `https://127.0.0.1:${gateway.port}/`;
    const length = ['-H', `Content-Length: ${BODY_BYTES}`, '-H', 'Expect:'];
    const { written, growth } = await curl(['-T', '-', ...length, url], BODY_BYTES);
    expect(written).toBe(`2 204 0 ${BODY_BYTES}`);
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  });

  test('a client that reads slowly holds the upstream back', async () => {
    sent = 0;
    const slow = curl(['--limit-rate', '1M', '--max-time', '2', `https://127.0.0.1:${gateway.port}/`], 0);
    const { written } = await slow;
    expect(written.startsWith('2 200 ')).toBe(true);
    expect(sent).toBeLessThan(STALL_BYTES);
  });

  test('an upstream that does not read holds the client back', async () => {
    const url = `https://127.0.0.1:${gateway.port}/stall`;
    const { written } = await curl(['-T', '-', '--max-time', '2', '-H', 'Expect:', url], BODY_BYTES);
    expect(Number(written.split(' ')[3])).toBeLessThan(STALL_BYTES);
  });

  test('every one of them is in the journal', async () => {
    await until('four records', async () => (await gateway.records(0)).length >= 4);
    const reasons = (await gateway.records(4)).map(({ portcullis }) => portcullis.decision.reason);
    expect(reasons).toEqual(['request.passed', 'request.passed', 'request.aborted', 'request.aborted']);
  });
});
