/** A request that must be refused, and how. */
export interface HostileCase {
  readonly name: string;
  /** One character per byte. */
  readonly bytes: string;
  readonly expect: { readonly status: number; readonly reason: string };
  /** Set where the head is fine and the body is not: a part of the request may have reached the upstream, never all. */
  readonly mayReachUpstream?: true;
  /** Set where the message is well framed and only what it asks for is refused: the connection may go on. */
  readonly mayStayOpen?: true;
}

/** What the upstream must get of a request that passes. */
export interface ExpectedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Lower-case names that must not be there. */
  readonly absent?: readonly string[];
}

/** Requests that must pass. */
export interface BenignCase {
  readonly name: string;
  /** One character per byte. */
  readonly bytes: string;
  readonly upstream: readonly ExpectedRequest[];
}

/** Limits the cases are written for: the defaults of the configuration. */
export const LIMITS = { targetBytes: 8_192, headerBytes: 16_384, headerCount: 100 } as const;

export const CRLF = '\r\n';
export const HOST = 'Host: a.test\r\n';

/** A GET of `/t` with these field lines after Host, each without its line end. */
export function get(...lines: readonly string[]): string {
  return `GET /t HTTP/1.1\r\n${HOST}${lines.map((line) => line + CRLF).join('')}${CRLF}`;
}

/** A POST to `/t` with these field lines after Host, and what follows the head. */
export function post(lines: readonly string[], body: string): string {
  return `POST /t HTTP/1.1\r\n${HOST}${lines.map((line) => line + CRLF).join('')}${CRLF}${body}`;
}

/** A POST with a chunked body, which is given as on the wire. */
export function chunked(wire: string): string {
  return post(['Transfer-Encoding: chunked'], wire);
}

/** A request with this line and a good Host. */
export function line(requestLine: string): string {
  return `${requestLine}${CRLF}${HOST}${CRLF}`;
}

/** A GET with this target. */
export function target(text: string): string {
  return line(`GET ${text} HTTP/1.1`);
}

const STATUS: Readonly<Record<string, number>> = {
  'protocol.version': 505,
  'protocol.method': 405,
  'protocol.header-size': 431,
  'protocol.header-count': 431,
  'protocol.uri-length': 414,
  'protocol.expectation': 417,
};

/** Makes a case of each name and its bytes, all refused for the same reason. */
export function refused(
  reason: string,
  cases: Readonly<Record<string, string>>,
  marks: Pick<HostileCase, 'mayReachUpstream' | 'mayStayOpen'> = {},
): HostileCase[] {
  const expect = { status: STATUS[reason] ?? 400, reason };
  return Object.entries(cases).map(([name, bytes]) => ({ name, bytes, expect, ...marks }));
}
