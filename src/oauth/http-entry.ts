import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { applyFacts, readGatewayFacts } from './gateway-facts.ts';

const SECRET_BYTES = 32;
/** Tokens, assertions and forms fit well. */
const MAX_HEADER_BYTES = 64 * 1024;
const REQUEST_MS = 30_000;

export interface HttpEntry {
  readonly port: number;
  /** What the gateway must send with every request. */
  readonly secret: string;
  close(): Promise<void>;
}

/** What is behind the entry; may change between requests. */
export interface Behind {
  readonly issuer: URL;
  readonly listener: RequestListener;
}

/** Listens on a free port of the loopback interface, for the gateway of this process alone. */
export async function openHttpEntry(behind: () => Behind): Promise<HttpEntry> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => take(request, response, secret, behind()),
  );
  await listen(server);
  return {
    port: (server.address() as AddressInfo).port,
    secret,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, resolve);
  });
}

function take(request: IncomingMessage, response: ServerResponse, secret: string, behind: Behind): void {
  const facts = readGatewayFacts(request, secret);
  if (facts === null) {
    response.writeHead(403, { connection: 'close' }).end();
    request.destroy();
    return;
  }
  if (behind.issuer.protocol === 'https:' && !facts.isSecure) return refuseInsecure(response);
  applyFacts(request, facts, behind.issuer);
  behind.listener(request, response);
}

/** RFC 6749, section 3.2: tokens and passwords travel over TLS only. */
function refuseInsecure(response: ServerResponse): void {
  const body = { error: 'invalid_request', error_description: 'use https' };
  response.writeHead(403, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
