import type { ClientCertificate } from '../core/certificate.ts';
import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { Ip } from '../lib/ip/address.ts';
import type { Wire } from './wire.ts';

/** What is known of a client's connection before its first request. */
export interface ConnectionFacts {
  readonly listener: string;
  readonly secure: boolean;
  /** Such as `TLSv1.3`; '' without TLS. */
  readonly tlsVersion: string;
  /** Server name of the handshake, lower-case; '' when none was sent. */
  readonly serverName: string;
  /** The client's certificate of the handshake; null where it showed none. */
  readonly certificate: ClientCertificate | null;
  /** The other end, or what a PROXY preamble said it is. */
  readonly peer: Ip;
}

/** Receives a request body piece by piece. */
export interface BodySink {
  /** Safety: the bytes are valid during the call only; whoever keeps some copies them. */
  onData(bytes: Buffer): void;
  onEnd(): void;
  /** The body will not be complete: `failure` is what the client did wrong, or null when it went away. */
  onAborted(failure: Decision | null): void;
}

/** Answers an exchange. */
export interface ExchangeOwner {
  /** There is room again, after a write that returned false. */
  onDrain(): void;
  /** Called once, when the answer is flushed or the client is gone; `completed` tells which. */
  onClose(completed: boolean): void;
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
  /** All field lines as received, in their order. */
  readonly fields: FieldLines;
  /** What the codec found wrong with the head; null when nothing. */
  readonly fault: Decision | null;
  readonly hasBody: boolean;
  /** Bytes of body that the head declares; -1 where it declares none. */
  readonly contentLength: number;
  /** Whether a 100 (Continue) is awaited before the body. */
  readonly expectsContinue: boolean;
  /** Protocol the connection may switch to, lower-case; '' when the request asks for none. */
  readonly upgrade: string;
  /** Whether anything of the answer has left, so that no other one can take its place. */
  readonly isAnswered: boolean;
  /** Bytes of body received and sent so far. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  owner: ExchangeOwner | null;

  /** Starts the body: sends 100 (Continue) when it is awaited. Call at most once. */
  readBody(sink: BodySink): void;
  pauseBody(): void;
  resumeBody(): void;

  /** Writes the head of the final answer, without fields about the connection, and with no framing but its length. */
  writeHead(status: number, lines: FieldLines): void;
  /** Writes a piece of the body, which may be overwritten afterwards; false asks to wait for `onDrain`. */
  write(bytes: Uint8Array): boolean;
  /** Sends what was written so far and held back in the hope of more: no more will come soon. */
  flush(): void;
  /** Completes the answer, with trailer fields where the framing can carry them. */
  end(body?: string, trailers?: FieldLines): void;
  /** Answers with 101 and hands over the bare connection. Only when `upgrade` is not ''. */
  switchProtocols(lines: FieldLines): UpgradedWire;
  /** Makes this the last request of the connection; call before `writeHead`. */
  closeAfterwards(): void;
  /** Breaks the answer off so that the client notices. */
  abort(): void;
}

/** A connection after a successful switch of protocols; whoever takes it sets the sink of the wire. */
export interface UpgradedWire {
  readonly wire: Wire;
  /** Bytes that came behind the switch already. */
  readonly head: Buffer;
  /** To be called when the wire has closed. */
  onClosed(): void;
}
