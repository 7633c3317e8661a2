import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from './store.ts';

/** One request and its answer, as handlers see it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The value of `{id}` in the route's path; '' where the path has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly store: Store;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

/** A row of the route table; `path` may end in or contain one `{id}`. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handle: Handler;
}

/** The client's mistake, thrown by handlers and answered as JSON. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}
