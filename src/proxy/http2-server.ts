import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ConnectionFacts } from './exchange.ts';
import type { ServerEvents } from './http1-server.ts';
import { Http2Exchange } from './http2-exchange.ts';
import type { Paced } from './pace.ts';
import type { ClientLimits } from './settings.ts';

const MAX_STREAMS = 128;
const WINDOW_BYTES = 256 * 1024;

/** Serves HTTP/2 on sockets whose handshake chose it. */
export class Http2Server {
  readonly #limits: ClientLimits;
  readonly #events: ServerEvents;
  readonly #exchanges: Set<Paced>;
  readonly #sessions = new Set<ServerHttp2Session>();
  #isDraining = false;

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: Set<Paced>) {
    this.#limits = limits;
    this.#events = events;
    this.#exchanges = exchanges;
  }

  serve(socket: Socket, facts: ConnectionFacts): void {
    const session = performServerHandshake(socket, {
      maxHeaderListPairs: this.#limits.headerCount + 8,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 50,
      settings: {
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: this.#limits.headerBytes,
        initialWindowSize: WINDOW_BYTES,
        enableConnectProtocol: false,
      },
    });
    this.#sessions.add(session);
    session.on('error', () => socket.destroy());
    session.on('close', () => this.#sessions.delete(session));
    let openStreams = 0;
    session.on('stream', (stream, headers, flags, rawHeaders) => {
      openStreams++;
      stream.once('close', () => openStreams--);
      const endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#events.onExchange(
        new Http2Exchange(facts, stream, headers, rawHeaders, endsWithHead, this.#exchanges),
      );
    });
    session.setTimeout(this.#limits.keepAliveMs, () => {
      if (openStreams === 0) session.close();
    });
    if (this.#isDraining) session.close();
  }

  /** Sends GOAWAY; open streams finish. */
  drain(): void {
    this.#isDraining = true;
    for (const session of this.#sessions) session.close();
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }
}
