import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, type Exchange } from './exchange.ts';
import { sendError } from './reply.ts';
import { matchPath } from './routes.ts';
import { Store } from './store.ts';

export interface SampleApiOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
}

export interface SampleApi {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the sample API on fresh data.
 *
 * It behaves like the backends gateways meet: it says what it is built with (`Server`, `X-Powered-By`), it checks its
 * own input, and it leaves callers, limits and browsers to the gateway in front.
 */
export async function startSampleApi({
  port = 0,
  host = '127.0.0.1',
}: SampleApiOptions = {}): Promise<SampleApi> {
  const store = new Store();
  const server = createServer((request, response) => {
    answer(request, response, store).catch((error: unknown) => answerError(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, store: Store): Promise<void> {
  response.setHeader('Server', 'sample-api/1.0');
  response.setHeader('X-Powered-By', `Node.js ${process.versions.node}`);
  const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
  const match = matchPath(path);
  if (match === null) throw new ApiError(404, 'not_found', 'There is nothing at this path.');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const route = match.methods.get(method);
  if (route === undefined) return refuseMethod(response, match.methods, method);
  const exchange: Exchange = { request, response, id: match.id, query: new URLSearchParams(query), store };
  await route.handle(exchange);
}

function refuseMethod(response: ServerResponse, methods: ReadonlyMap<string, unknown>, method: string): void {
  const allow = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') response.writeHead(204, { Allow: allow }).end();
  else sendError(response, 405, 'method_not_allowed', `Use one of: ${allow}.`, { Allow: allow });
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else if (error instanceof ApiError) sendError(response, error.status, error.code, error.message);
  else {
    console.error('sample-api:', error);
    sendError(response, 500, 'internal', 'Something went wrong.');
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
