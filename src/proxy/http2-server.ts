import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { deny } from '../core/decision.ts';
import { Timer, type TimerWheel } from '../lib/time/timer-wheel.ts';
import type { ConnectionFacts } from './exchange.ts';
import type { ServerEvents } from './http1-server.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { isConnected } from './is-connected.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { ClientLimits } from './settings.ts';

const MAX_STREAMS = 128;
const WINDOW_BYTES = 256 * 1024;
/** Streams a client may reset at once, and per second after that: each may have cost a request to the upstream. */
const RESET_BURST = 200;
const RESETS_PER_S = 20;
const MAX_INVALID_FRAMES = 100;
/** What each field counts for beside its bytes (RFC 9113, 6.5.2). */
const FIELD_OVERHEAD_BYTES = 32;
const SWEEP_MS = 500;
/** Longest time that a closed connection waits for the client to close its side. */
const LINGER_MS = 1_000;

/** RFC 9113, 8.1.1: a malformed request is answered by a reset, which the HTTP/2 layer does by itself. */
const RESET = deny('protocol.malformed', { status: 0, detail: 'the head of the HTTP/2 stream is malformed' });

/** An open connection and how long nothing was asked on it. */
interface Connection {
  readonly socket: Socket;
  readonly session: ServerHttp2Session;
  readonly facts: ConnectionFacts;
  readonly exchanges: Set<Http2Exchange>;
  /** Number of the latest stream that is accounted for; -1 before the first. */
  lastStream: number;
  idleMs: number;
  closedMs: number;
}

/** Serves HTTP/2 on sockets whose handshake chose it. */
export class Http2Server {
  readonly #limits: ClientLimits;
  readonly #events: ServerEvents;
  readonly #exchanges: OpenExchanges;
  readonly #connections = new Set<Connection>();
  readonly #sweeper: Timer;
  #isDraining = false;

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: OpenExchanges, wheel: TimerWheel) {
    this.#limits = limits;
    this.#events = events;
    this.#exchanges = exchanges;
    this.#sweeper = new Timer(wheel, { onTime: () => this.#sweep() });
    this.#sweeper.set(SWEEP_MS);
  }

  serve(socket: Socket, facts: ConnectionFacts): void {
    if (socket.destroyed) return;
    // Before the session hears of it, which then does not know any more what it did.
    socket.prependOnceListener('close', () => {
      this.#recordResets(connection);
      this.#connections.delete(connection);
    });
    const session = performServerHandshake(socket, this.#sessionOptions());
    const exchanges = new Set<Http2Exchange>();
    const connection = { socket, session, facts, exchanges, lastStream: -1, idleMs: 0, closedMs: 0 };
    this.#connections.add(connection);
    session.on('error', (error: NodeJS.ErrnoException) => this.#failed(connection, error));
    session.on('stream', (stream, _headers, flags, raw) => this.#take(connection, stream, flags, raw));
    // A client that ends its side can open no more windows: it is gone.
    socket.once('end', () => socket.destroy());
    if (this.#isDraining) session.close();
  }

  /** Sends GOAWAY; open streams finish. */
  drain(): void {
    this.#isDraining = true;
    for (const { session } of this.#connections) session.close();
  }

  close(): void {
    this.#sweeper.remove();
    for (const { session, socket } of this.#connections) {
      session.destroy();
      socket.destroySoon();
    }
  }

  #sessionOptions(): Parameters<typeof performServerHandshake>[1] {
    const { headerCount, headerBytes, targetBytes } = this.#limits;
    return {
      // Twice what is let in, so that a head that is a little too large gets an answer that says so, see read.ts.
      maxHeaderListPairs: 2 * headerCount,
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      maxSessionRejectedStreams: 50,
      streamResetBurst: RESET_BURST,
      streamResetRate: RESETS_PER_S,
      strictSingleValueFields: false,
      settings: {
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: 2 * (headerBytes + targetBytes + headerCount * FIELD_OVERHEAD_BYTES),
        initialWindowSize: WINDOW_BYTES,
        enableConnectProtocol: false,
      },
    } as Parameters<typeof performServerHandshake>[1];
  }

  #take(connection: Connection, stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    this.#recordResets(connection, (stream.id as number) - 2);
    connection.lastStream = stream.id as number;
    connection.idleMs = 0;
    const endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const exchange = new Http2Exchange(
      connection.facts,
      stream,
      raw,
      endsWithHead,
      this.#exchanges,
      this.#limits,
    );
    connection.exchanges.add(exchange);
    stream.once('close', () => connection.exchanges.delete(exchange));
    this.#events.onExchange(exchange);
  }

  /**
   * Records the streams that the HTTP/2 layer reset without telling: those between the last one it told of and
   * `lastStream`. Clients that leave out numbers are recorded for them too, but no more than they could have asked.
   */
  #recordResets(connection: Connection, lastStream = connection.session.state.lastProcStreamID ?? 0): void {
    const missing = Math.min((lastStream - connection.lastStream) >> 1, MAX_INVALID_FRAMES);
    if (missing <= 0) return;
    connection.lastStream = lastStream;
    for (let i = 0; i < missing; i++) this.#events.onUnreadable(connection.facts, RESET, '');
  }

  /** A connection that breaks the protocol ends; what went wrong is recorded like a request. */
  #failed(connection: Connection, error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith('ERR_HTTP2') !== true) return;
    const decision = deny('protocol.malformed', { status: 0, detail: `HTTP/2: ${error.message}` });
    this.#events.onUnreadable(connection.facts, decision, '');
  }

  /** Ends connections on which nothing is asked, whatever else is sent on them, and those the client leaves open. */
  #sweep(): void {
    this.#sweeper.set(SWEEP_MS);
    const { keepAliveMs, headerTimeoutMs } = this.#limits;
    for (const connection of this.#connections) {
      const { session, socket, exchanges } = connection;
      this.#recordResets(connection);
      if (exchanges.size > 0) connection.idleMs = 0;
      else if (session.closed || session.destroyed) connection.closedMs += SWEEP_MS;
      else connection.idleMs += SWEEP_MS;
      if (connection.closedMs > LINGER_MS || isAbandoned(connection)) socket.destroy();
      else if (connection.idleMs > (connection.lastStream < 0 ? headerTimeoutMs : keepAliveMs))
        session.close();
    }
  }
}

/** Whether the client is gone from an answer that it did not take. */
function isAbandoned({ socket, exchanges }: Connection): boolean {
  for (const { isBlocked } of exchanges) if (isBlocked) return !isConnected(socket);
  return false;
}
