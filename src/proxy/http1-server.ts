import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Decision, deny } from '../core/decision.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';
import { type Http1Connection, Http1Exchange } from './http1-exchange.ts';
import type { Paced } from './pace.ts';
import type { ClientLimits } from './settings.ts';

/** What the HTTP/1 server tells the gateway. */
export interface ServerEvents {
  onExchange(exchange: Exchange): void;
  /** Something that never became a request was refused; the answer is already on its way. */
  onUnreadable(connection: ConnectionFacts, decision: Decision, firstLine: string): void;
}

const NO_HEAD = Buffer.alloc(0);
const LINGER_MS = 1_000;
const CHECK_INTERVAL_MS = 500;
const CRLF = '\r\n';

const PARSER_REFUSALS: Readonly<Record<string, Decision>> = {
  HPE_HEADER_OVERFLOW: deny('protocol.header-size'),
  ERR_HTTP_REQUEST_TIMEOUT: deny('protocol.timeout', {
    detail: 'the header took longer than limits.headerTimeoutMs',
  }),
  HPE_INVALID_TRANSFER_ENCODING: deny('protocol.transfer-coding', {
    detail: 'HPE_INVALID_TRANSFER_ENCODING',
  }),
  HPE_INVALID_CONTENT_LENGTH: deny('protocol.content-length', { detail: 'HPE_INVALID_CONTENT_LENGTH' }),
  HPE_UNEXPECTED_CONTENT_LENGTH: deny('protocol.framing', { detail: 'HPE_UNEXPECTED_CONTENT_LENGTH' }),
  HPE_INVALID_CHUNK_SIZE: deny('protocol.chunk', { detail: 'HPE_INVALID_CHUNK_SIZE' }),
  HPE_INVALID_HEADER_TOKEN: deny('protocol.field', { detail: 'HPE_INVALID_HEADER_TOKEN' }),
  HPE_UNEXPECTED_SPACE: deny('protocol.field', { detail: 'HPE_UNEXPECTED_SPACE' }),
  HPE_INVALID_URL: deny('protocol.target', { detail: 'HPE_INVALID_URL' }),
  HPE_INVALID_VERSION: deny('protocol.version', { detail: 'HPE_INVALID_VERSION' }),
  ERR_HTTP_HOST: deny('protocol.host'),
};
const MALFORMED = deny('protocol.malformed');
const LENGTH_AND_CODING = deny('protocol.framing', { detail: 'Content-Length and Transfer-Encoding' });

/** Serves HTTP/1 on sockets that a listener hands over. */
export class Http1Server {
  readonly #server: Server;
  readonly #events: ServerEvents;
  readonly #exchanges: Set<Paced>;
  readonly #connections = new Map<object, Http1Connection>();

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: Set<Paced>) {
    this.#events = events;
    this.#exchanges = exchanges;
    this.#server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerTimeoutMs,
      // A long upload is not an attack: the body has limits of its own, see pace.ts.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      requireHostHeader: false,
      noDelay: true,
      // Anything but a WebSocket is a request that happens to carry an Upgrade field (RFC 9110, 7.8).
      shouldUpgradeCallback: isWebSocket,
    } as Parameters<typeof createServer>[0]);
    // The limit is counted in read.ts, where it has a reason of its own.
    this.#server.maxHeadersCount = 0;
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('request', (request, response) => this.#take(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#take(request, response, true));
    this.#server.on('checkExpectation', (request, response) => this.#take(request, response, false));
    this.#server.on('upgrade', (request, _socket, head) => this.#takeBare(request, 'websocket', head));
    this.#server.on('connect', (request, _socket, head) => this.#takeBare(request, 'connect', head));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.#refuse(error, socket as Socket),
    );
    // The server never listens itself; this starts its checks of header and keep-alive timeouts.
    this.#server.emit('listening');
  }

  /** Serves a connection whose preamble and handshake are done. */
  serve(socket: Socket, facts: ConnectionFacts): void {
    const connection: Http1Connection = {
      facts,
      socket,
      current: null,
      isClosing: false,
      open: 0,
      exchanges: this.#exchanges,
    };
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    closeGently(socket);
    this.#server.emit('connection', socket);
  }

  /** Ends idle connections now and the others with their current answer. */
  drain(): void {
    for (const connection of this.#connections.values()) {
      connection.isClosing = true;
      if (connection.open === 0) connection.socket.destroySoon();
    }
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections.values()) connection.socket.destroy();
  }

  #take(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.isClosing) return void request.socket.destroy();
    const options = { expectsContinue, upgrade: '', upgradeHead: NO_HEAD };
    this.#events.onExchange(new Http1Exchange(connection, request, response, options));
  }

  #takeBare(request: IncomingMessage, upgrade: string, upgradeHead: Buffer): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.isClosing || connection.open > 0)
      return void request.socket.destroy();
    request.socket.on('error', () => request.socket.destroy());
    const options = { expectsContinue: false, upgrade, upgradeHead };
    this.#events.onExchange(new Http1Exchange(connection, request, null, options));
  }

  /** Answers what the parser could not read; a request under way on the connection is told first. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    const code = error.code ?? '';
    const isParser = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (connection === undefined || !isParser || code === 'HPE_INVALID_EOF_STATE')
      return void socket.destroy();
    // What follows the last request of a connection is not read; its answer still goes out.
    if (code === 'HPE_CLOSED_CONNECTION' && connection.current !== null) return;
    if (connection.isClosing) return void socket.destroy();
    connection.isClosing = true;
    const decision = parserRefusal(error as ParserError);
    const { current } = connection;
    if (current !== null && !current.isReceived) return current.failBody(chunkFailure(code, decision));
    const raw = (error as { rawPacket?: Buffer }).rawPacket;
    const firstLine = raw?.toString('latin1', 0, 256).split(CRLF, 1)[0] ?? '';
    this.#events.onUnreadable(connection.facts, decision, firstLine);
    if (current === null) return writeRefusal(socket, decision);
    current.afterwards = () => writeRefusal(socket, decision);
  }
}

/** An error of the parser of node:http. */
interface ParserError extends NodeJS.ErrnoException {
  readonly reason?: string;
}

/** Names what the parser refused: some of its codes stand for more than one fault, which only its text tells apart. */
function parserRefusal({ code = '', reason = '' }: ParserError): Decision {
  if (reason.includes("can't be present")) return LENGTH_AND_CODING;
  if (code === 'HPE_INVALID_VERSION' && reason !== 'Invalid HTTP version')
    return deny('protocol.malformed', { detail: reason });
  return PARSER_REFUSALS[code] ?? deny('protocol.malformed', { detail: code });
}

/** What breaks inside a body is the chunk framing, whatever the parser calls it. */
function chunkFailure(code: string, decision: Decision): Decision {
  return decision === MALFORMED || code.startsWith('HPE_')
    ? deny('protocol.chunk', { detail: code })
    : decision;
}

function isWebSocket(request: IncomingMessage): boolean {
  const { headers, method, httpVersion } = request;
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  // With a body, the bytes behind the head would be taken for WebSocket frames.
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Writes a refusal on a connection that has no request, and ends it. */
function writeRefusal(socket: Socket, decision: Decision): void {
  if (!socket.writable) return void socket.destroy();
  const body = `${decision.problem.slice(0, decision.problem.lastIndexOf(','))}}`;
  const head = [
    `HTTP/1.1 ${decision.status} Bad Request`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.write(`${head.join(CRLF)}${CRLF}${CRLF}${body}`);
  socket.destroySoon();
}

/**
 * Makes `destroySoon`, by which node:http ends a connection, wait for the client to read: closing with unread bytes
 * would reset the connection and could lose the answer (RFC 9112, 9.6).
 */
function closeGently(socket: Socket): void {
  socket.destroySoon = () => {
    if (socket.destroyed) return;
    socket.end();
    if (socket.readableEnded) return void socket.once('finish', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('end', () => socket.destroy());
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  };
}
