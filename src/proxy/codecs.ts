import type { Socket } from 'node:net';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import type { ConnectionFacts } from './exchange.ts';
import { Http1Server, type ServerEvents } from './http1-server.ts';
import { Http2Server } from './http2-server.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { ClientLimits } from './settings.ts';

/** The servers of both HTTP versions under one set of limits, with the connections they serve. */
export class Codecs {
  readonly limits: ClientLimits;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  #connections = 0;
  #isRetired = false;

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: OpenExchanges, wheel: TimerWheel) {
    this.limits = limits;
    this.#http1 = new Http1Server(limits, events, exchanges, wheel);
    this.#http2 = new Http2Server(limits, events, exchanges, wheel);
  }

  serve(socket: Socket, facts: ConnectionFacts, protocol: 'h1' | 'h2'): void {
    this.#connections++;
    socket.once('close', () => {
      this.#connections--;
      this.#closeWhenUnused();
    });
    if (protocol === 'h2') this.#http2.serve(socket, facts);
    else this.#http1.serve(socket, facts);
  }

  get isUnused(): boolean {
    return this.#isRetired && this.#connections === 0;
  }

  /** Serves the connections it has to their end. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenUnused();
  }

  drain(): void {
    this.#http1.drain();
    this.#http2.drain();
  }

  close(): void {
    this.#http1.close();
    this.#http2.close();
  }

  #closeWhenUnused(): void {
    if (this.isUnused) this.close();
  }
}
