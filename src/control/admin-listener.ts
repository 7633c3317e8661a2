import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConfigError, Unavailable } from '../core/errors.ts';
import { type AdminHandlerOptions, adminHandler } from './admin-handler.ts';
import { bracketed, isLoopbackHost } from './loopback.ts';

export interface AdminListenerOptions extends AdminHandlerOptions {
  /** A loopback address. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** The open admin listener. */
export interface AdminListener {
  readonly host: string;
  readonly port: number;
  /** Such as `http://127.0.0.1:9443`. */
  readonly url: string;
  /** Answers what is under way, then closes every connection. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const CLOSE_GRACE_MS = 2_000;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${bracketed(host)}:${port}`;
      const why =
        error.code === 'EADDRINUSE'
          ? `The admin listener cannot use ${place}: another process does. Stop that one, or set \`admin.port\`.`
          : error.code === 'EACCES'
            ? `The admin listener may not use ${place}: set \`admin.port\` to one above 1023.`
            : `The admin listener cannot use ${place}: ${error.message}. Set \`admin.host\` and \`admin.port\`.`;
      reject(new Unavailable('admin listener', why, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Answers what is not HTTP and hangs up. */
function refuseMalformed(_: Error, socket: Socket): void {
  if (socket.writable)
    socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  socket.destroySoon();
}

function onRequest(handle: ReturnType<typeof adminHandler>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, headers, body } = await handle(request);
    // A body that nobody read would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
}

/**
 * Opens the admin listener.
 *
 * Errors: ConfigError for a host that is not a loopback address; Unavailable for a port that cannot be used.
 */
export async function openAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  if (!isLoopbackHost(bracketed(options.host))) {
    throw new ConfigError([
      {
        pointer: '/admin/host',
        message: `The admin listener takes loopback addresses only, not ${options.host}.`,
        suggestion: 'Use 127.0.0.1 or ::1, and a tunnel to reach it from elsewhere.',
      },
    ]);
  }
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5_000,
    },
    onRequest(adminHandler(options)),
  );
  server.on('clientError', refuseMalformed);
  server.on('upgrade', (_, socket) => socket.destroy());
  await listen(server, options.host.replace(/^\[|\]$/g, ''), options.port);
  const { port } = server.address() as AddressInfo;
  return {
    host: options.host,
    port,
    url: `http://${bracketed(options.host)}:${port}`,
    close: () => close(server),
  };
}
