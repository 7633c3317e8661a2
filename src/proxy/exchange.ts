import type { Duplex } from 'node:stream';
import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { Ip } from '../lib/ip/address.ts';

/** What is known of a client's connection before its first request. */
export interface ConnectionFacts {
  readonly listener: string;
  readonly secure: boolean;
  /** Such as `TLSv1.3`; '' without TLS. */
  readonly tlsVersion: string;
  /** Server name of the handshake, lower-case; '' when none was sent. */
  readonly serverName: string;
  /** The other end, or what a PROXY preamble said it is. */
  readonly peer: Ip;
}

/** Receives a request body piece by piece. */
export interface BodySink {
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** The body will not be complete: `failure` is what the client did wrong, or null when it went away. */
  onAborted(failure: Decision | null): void;
}

/**
 * One request and its answer on one client connection, whatever the HTTP version.
 *
 * Only the codecs in this folder implement it; everything else of the gateway is written against this interface.
 */
export interface Exchange {
  readonly connection: ConnectionFacts;
  /** `1.0`, `1.1` or `2`. */
  readonly httpVersion: string;
  readonly method: string;
  /** Request target as received; for HTTP/2 the `:path`. */
  readonly rawTarget: string;
  /** HTTP/2 `:authority`, else null. */
  readonly rawAuthority: string | null;
  /** Flat names and values in the order received. */
  readonly rawHeaders: readonly string[];
  /** Whether the message ended with its head; null where the header fields decide (HTTP/1). */
  readonly endsWithHead: boolean | null;
  /** Whether a 100 (Continue) is awaited before the body. */
  readonly expectsContinue: boolean;
  /** Protocol the connection may switch to, lower-case; '' when the request asks for none. */
  readonly upgrade: string;
  /** Whether response bytes left already. */
  readonly isAnswered: boolean;
  /** Bytes of body received and sent so far. */
  readonly bytesIn: number;
  readonly bytesOut: number;

  /** Starts the body: sends 100 (Continue) when it is awaited. Call at most once. */
  readBody(sink: BodySink): void;
  pauseBody(): void;
  resumeBody(): void;
  /** Trailer fields of the request body, flat; empty before its end. */
  readonly rawTrailers: readonly string[];

  /** Sends the head of the final answer. `headers` is flat and must hold no hop-by-hop field. */
  writeHead(status: number, headers: string[]): void;
  /** Sends a piece of the body; false asks to wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** Completes the answer, with trailer fields where the framing can carry them. */
  end(chunk?: Uint8Array | string, trailers?: FieldLines): void;
  /** Answers with 101 and hands over the bare connection. Only when `upgrade` is not ''. */
  switchProtocols(headers: string[]): UpgradedSocket;
  /** Makes this the last request of the connection; call before `writeHead`. */
  closeAfterwards(): void;
  /** Breaks the answer off so that the client notices. */
  abort(): void;
  /** Called whenever a full buffer has room again. */
  onDrain: (() => void) | null;
  /** Called once, when the answer is flushed or the client is gone; `completed` tells which. */
  onClose: ((completed: boolean) => void) | null;
}

/** A client connection after a successful switch of protocols. */
export interface UpgradedSocket {
  readonly socket: Duplex;
  /** Bytes the client sent behind its request. */
  readonly head: Buffer;
}
