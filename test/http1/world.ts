import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RawClient, type RawResult } from '../support/raw-client.ts';
import { type RecordingUpstream, start, type UpstreamScript } from '../support/recording-upstream.ts';
import {
  type JournalRecord,
  plainConfig,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.ts';

/** A gateway with one API in front of a recording upstream. */
export interface World extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  readonly port: number;
}

/** Starts both; `more` is merged into the configuration, and may be made of the origin of the upstream. */
export async function openWorld(
  script: UpstreamScript = {},
  more: object | ((origin: string) => object) = {},
): Promise<World> {
  const upstream = await start(script);
  const merged = typeof more === 'function' ? more(`http://127.0.0.1:${upstream.port}`) : more;
  const gateway = await startTestGateway(plainConfig(upstream.port, merged));
  return {
    gateway,
    upstream,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** Loopback address number `n`, so that a journal record tells which connection it is about. */
export function addressOf(n: number): string {
  return `127.1.${n >> 8}.${n & 0xff}`;
}

export interface FromOptions {
  readonly methods?: readonly string[];
  /** Speaks TLS and believes any certificate. */
  readonly isSecure?: boolean;
  /** Answers after which reading stops; without it, reading stops at the end of the connection. */
  readonly expect?: number;
}

/** Connects from a loopback address. */
export function openFrom(address: string, port: number, options: FromOptions = {}): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const tcp = connect({
      host: '127.0.0.1',
      port,
      localAddress: address,
      allowHalfOpen: true,
      noDelay: true,
    });
    const socket = options.isSecure ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp;
    socket.once('error', reject);
    socket.once(options.isSecure ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject);
      resolve(new RawClient(socket, options.methods ?? []));
    });
  });
}

/** Sends pieces on a connection of its own and reads until it ends, or until `expect` answers are there. */
export async function sendFrom(
  address: string,
  port: number,
  pieces: readonly string[],
  options: FromOptions = {},
): Promise<RawResult> {
  const client = await openFrom(address, port, options);
  try {
    for (const piece of pieces) await client.write(piece);
    return await client.read(options.expect);
  } finally {
    client.close();
  }
}

/** Runs `work` for every item, a few at a time. */
export async function forEachOf<T>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
}

/** Reason of a record's decision. */
export function reasonOf(record: JournalRecord | undefined): string | undefined {
  return record?.portcullis.decision.reason;
}

/** Cuts a text at up to `cuts` places that a seeded sequence chooses. */
export function cutAtRandom(text: string, cuts: number, random: () => number): string[] {
  const places = Array.from({ length: cuts }, () => 1 + Math.floor(random() * (text.length - 1)));
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
}
