import type { Socket } from 'node:net';
import type { Decision } from '../core/decision.ts';
import type { HeadLimits } from '../lib/http1/head-reader.ts';
import { MAX_METHOD_LENGTH } from '../lib/http1/request-line.ts';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';
import { Http1Connection } from './http1-connection.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { OwnAnswer } from './refusal.ts';
import type { ClientLimits } from './settings.ts';
import { Wire } from './wire.ts';

/** What the servers of both HTTP versions tell the gateway. */
export interface ServerEvents {
  onExchange(exchange: Exchange): void;
  /** Something that never became a request is refused; returns the answer, for where one can be sent. */
  onUnreadable(connection: ConnectionFacts, decision: Decision, firstLine: string): OwnAnswer;
}

/** What a request line has beside method and target. */
const LINE_OVERHEAD = '  HTTP/1.1\r\n'.length;

/** What the HTTP/1 connections under one set of limits share. */
export interface Http1Shared {
  readonly limits: ClientLimits;
  readonly headLimits: HeadLimits;
  readonly events: ServerEvents;
  readonly exchanges: OpenExchanges;
  readonly wheel: TimerWheel;
  readonly connections: Set<Http1Connection>;
}

/** Serves HTTP/1 on connections that a listener hands over. */
export class Http1Server {
  readonly #shared: Http1Shared;

  constructor(limits: ClientLimits, events: ServerEvents, exchanges: OpenExchanges, wheel: TimerWheel) {
    const headLimits = {
      startLineBytes: MAX_METHOD_LENGTH + limits.targetBytes + LINE_OVERHEAD,
      fieldBytes: limits.headerBytes,
      fieldCount: limits.headerCount,
    };
    this.#shared = { limits, headLimits, events, exchanges, wheel, connections: new Set() };
  }

  /** Serves a connection whose preamble and handshake are done. */
  serve(socket: Socket, facts: ConnectionFacts): void {
    this.#shared.connections.add(new Http1Connection(new Wire(socket), facts, this.#shared));
  }

  /** Ends idle connections now and the others with their current answer. */
  drain(): void {
    for (const connection of this.#shared.connections) {
      connection.isClosing = true;
      if (connection.isIdle) connection.closeGently();
    }
  }

  close(): void {
    for (const { wire } of this.#shared.connections) wire.destroy();
  }
}
