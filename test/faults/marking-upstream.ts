import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestCertificate } from '../support/certificates.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';

/** An upstream of node:http that checks what it gets and gives what can be checked. */
export interface MarkingUpstream extends AsyncDisposable {
  readonly origin: string;
  /** What arrived otherwise than its sender's mark says. */
  readonly differences: readonly string[];
}

const PAUSE_MS = 3;

/** Reads a body to its end, with pauses where `isSlow`. */
async function readBody(from: IncomingMessage, isSlow: boolean): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of from) {
    pieces.push(piece as Buffer);
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return Buffer.concat(pieces);
}

function sendMarked(response: ServerResponse, mark: string, size: number, isChunked: boolean): void {
  const body = markedBytes(mark, size);
  if (!isChunked) {
    response.setHeader('Content-Length', size);
    return void response.end(body);
  }
  // Pieces of odd sizes, so that chunks begin and end anywhere.
  for (let at = 0, step = 1; at < size; at += step, step = (step * 7 + 13) % 90_001) {
    response.write(body.subarray(at, Math.min(size, at + step)));
    if (step === 0) step = 1;
  }
  response.end();
}

/** Starts it; with a certificate it speaks TLS. A path is `/<mark>/<bytes up>/<bytes down>/<flags>`. */
export async function openMarking(certificate?: TestCertificate): Promise<MarkingUpstream> {
  const differences: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, , mark = '', up = '', down = '', flags = ''] = (request.url as string).split('/');
    const body = await readBody(request, flags.includes('u'));
    const text = flags.includes('j') ? Buffer.from(JSON.parse(body.toString()).text, 'latin1') : body;
    const difference = differenceFrom(mark, Number(up), text);
    if (difference !== '') differences.push(`up ${difference}`);
    sendMarked(response, mark, Number(down), flags.includes('c'));
  };
  const server = certificate === undefined ? createServer() : createTlsServer({ ...certificate });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error) => differences.push(String(error)));
  });
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    differences,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
