import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { type Decision, deny } from '../core/decision.ts';
import { closeGently } from './close-gently.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';
import { type Http1Connection, MAX_PIPELINED } from './http1-connection.ts';
import { Http1Exchange } from './http1-exchange.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { type ParserError, parserRefusal, requestLineOf } from './parser-refusals.ts';
import type { OwnAnswer } from './refusal.ts';
import type { ClientLimits } from './settings.ts';

/** What the HTTP/1 server tells the gateway. */
export interface ServerEvents {
  onExchange(exchange: Exchange): void;
  /** Something that never became a request is refused; returns the answer, for where one can be sent. */
  onUnreadable(connection: ConnectionFacts, decision: Decision, firstLine: string): OwnAnswer;
}

const NO_HEAD = Buffer.alloc(0);
const CHECK_INTERVAL_MS = 500;
const CRLF = '\r\n';
/** Room for the request line, which node:http counts with the fields and this gateway does not. */
const REQUEST_LINE_BYTES = 1024;

const TUNNEL = deny('protocol.method', { detail: 'CONNECT' });

/** Serves HTTP/1 on sockets that a listener hands over. */
export class Http1Server {
  readonly #server: Server;
  readonly #limits: ClientLimits;
  readonly #events: ServerEvents;
  readonly #exchanges: OpenExchanges;
  readonly #connections = new Map<object, Http1Connection>();

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: OpenExchanges) {
    this.#limits = limits;
    this.#events = events;
    this.#exchanges = exchanges;
    const options: ServerOptions = {
      maxHeaderSize: limits.headerBytes + limits.targetBytes + REQUEST_LINE_BYTES,
      headersTimeout: limits.headerTimeoutMs,
      // A long upload is not an attack: the body has limits of its own, see pace.ts.
      requestTimeout: 0,
      // 0 would be no timeout at all.
      keepAliveTimeout: Math.max(limits.keepAliveMs, 1),
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      requireHostHeader: false,
      noDelay: true,
      // Anything else is a request that happens to carry an Upgrade field, which may be ignored (RFC 9110, 7.8).
      shouldUpgradeCallback: (request) => isWebSocket(request) && this.#get(request)?.open.length === 0,
    };
    this.#server = createServer(options);
    // The limit is counted in read.ts, where it has a reason of its own.
    this.#server.maxHeadersCount = 0;
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('request', (request, response) => this.#take(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#take(request, response, true));
    this.#server.on('checkExpectation', (request, response) => this.#take(request, response, false));
    this.#server.on('upgrade', (request, _socket, head) => this.#takeBare(request, 'websocket', head));
    this.#server.on('connect', (request, _socket, head) => this.#takeBare(request, 'connect', head));
    this.#server.on('clientError', (error: ParserError, socket) => this.#refuse(error, socket as Socket));
    // The server never listens itself; this starts its checks of header and keep-alive timeouts.
    this.#server.emit('listening');
  }

  /** Serves a connection whose preamble and handshake are done. */
  serve(socket: Socket, facts: ConnectionFacts): void {
    const connection: Http1Connection = {
      facts,
      socket,
      trailerLimitBytes: this.#limits.headerBytes,
      open: [],
      latest: null,
      isClosing: false,
      hasServed: false,
      exchanges: this.#exchanges,
    };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      // Of answers that wait for their turn, node:http does not tell that they never get it.
      for (const exchange of [...connection.open]) exchange.close();
      connection.latest?.forget();
    });
    // A request that the client cut off is over, whatever the parser makes of it.
    socket.once('end', () => connection.latest?.cutOff());
    closeGently(socket);
    boundPipeline(connection);
    this.#server.emit('connection', socket);
  }

  /** Ends idle connections now and the others with their current answer. */
  drain(): void {
    for (const connection of this.#connections.values()) {
      connection.isClosing = true;
      if (connection.open.length === 0) connection.socket.destroySoon();
    }
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections.values()) connection.socket.destroy();
  }

  #get(request: IncomingMessage): Http1Connection | undefined {
    return this.#connections.get(request.socket);
  }

  #take(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#get(request);
    if (connection === undefined) return void request.socket.destroy();
    // What follows the last request of a connection is neither served nor read on; the answers before it go out.
    if (connection.isClosing) return void request.socket.pause();
    const options = { expectsContinue, upgrade: '', upgradeHead: NO_HEAD };
    this.#events.onExchange(new Http1Exchange(connection, request, response, options));
    if (connection.open.length >= MAX_PIPELINED) request.socket.pause();
  }

  /** Takes a request whose connection node:http hands over, because it asks for another protocol. */
  #takeBare(request: IncomingMessage, upgrade: string, upgradeHead: Buffer): void {
    const connection = this.#get(request);
    if (connection === undefined) return void request.socket.destroy();
    request.socket.on('error', () => request.socket.destroy());
    if (connection.isClosing) return;
    if (connection.open.length > 0) return this.#refuseBehind(connection, TUNNEL, `CONNECT ${request.url}`);
    const options = { expectsContinue: false, upgrade, upgradeHead };
    this.#events.onExchange(new Http1Exchange(connection, request, null, options));
  }

  /** Answers what the parser could not read, behind the answers of requests that it could. */
  #refuse(error: ParserError, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || socket.destroyed) return void socket.destroy();
    const { latest, isClosing } = connection;
    const isInBody = latest !== null && !latest.isReceived;
    const decision = parserRefusal(error, isInBody);
    if (decision === null) return void socket.destroy();
    connection.isClosing = true;
    if (isInBody) return latest.failBody(decision);
    if (isClosing) return;
    // Half a head before the end of the connection, or bytes behind the last request, are nobody's request.
    if (error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'HPE_CLOSED_CONNECTION') {
      if (connection.open.length === 0) socket.destroySoon();
      return;
    }
    this.#refuseBehind(connection, decision, connection.hasServed ? '' : requestLineOf(error));
  }

  #refuseBehind(connection: Http1Connection, decision: Decision, line: string): void {
    const { latest, open, socket } = connection;
    connection.isClosing = true;
    const answer = this.#events.onUnreadable(connection.facts, decision, line);
    if (latest === null || open.length === 0) writeAnswer(socket, answer);
    else latest.afterwards = () => writeAnswer(socket, answer);
  }
}

/**
 * Stops reading while enough requests are under way, or the last one is: node:http itself would go on after every message
 * and have any number of them parsed, and asked of the upstream, before the first is answered.
 */
function boundPipeline(connection: Http1Connection): void {
  const { socket, open } = connection;
  const resume = socket.resume.bind(socket);
  socket.resume = () => {
    const isLast = connection.isClosing && open.length > 0 && connection.latest?.isReceived === true;
    return isLast || open.length >= MAX_PIPELINED ? socket : resume();
  };
}

function isWebSocket(request: IncomingMessage): boolean {
  const { headers, method, httpVersion } = request;
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  // With a body, the bytes behind the head would be taken for WebSocket frames.
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Writes an answer on a connection that has no request, and ends it. */
function writeAnswer(socket: Socket, { status, headers, body }: OwnAnswer): void {
  if (!socket.writable) return void socket.destroy();
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}${CRLF}`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}${CRLF}`;
  socket.write(`${head}Connection: close${CRLF}${CRLF}${body}`);
  socket.destroySoon();
}
