import type { Socket } from 'node:net';
import type { ConnectionFacts } from './exchange.ts';
import type { Http1Exchange } from './http1-exchange.ts';
import type { OpenExchanges } from './open-exchanges.ts';

/** Requests of one connection that may be under way before the client's further ones wait. */
export const MAX_PIPELINED = 16;

/** What an HTTP/1 connection keeps between its requests. */
export interface Http1Connection {
  readonly facts: ConnectionFacts;
  readonly socket: Socket;
  /** Bytes of all trailer lines of a request. */
  readonly trailerLimitBytes: number;
  /** Exchanges whose answer is not complete, the oldest first: more than one when requests are pipelined. */
  readonly open: Http1Exchange[];
  /** The last exchange, until its request is received and its answer complete. */
  latest: Http1Exchange | null;
  /** Set when the connection must take no further request. */
  isClosing: boolean;
  /** Whether there was a request. */
  hasServed: boolean;
  /** All open exchanges of the thread, for the sweeper. */
  readonly exchanges: OpenExchanges;
}
