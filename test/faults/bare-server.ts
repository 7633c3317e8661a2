import { createServer } from 'node:net';
import { FieldLines } from '../../src/lib/http/field-lines.ts';
import { parseIp } from '../../src/lib/ip/address.ts';
import { TimerWheel } from '../../src/lib/time/timer-wheel.ts';
import { directSocketOf } from '../../src/proxy/direct-socket.ts';
import type { ConnectionFacts, Exchange } from '../../src/proxy/exchange.ts';
import { Http1Server, type ServerEvents } from '../../src/proxy/http1-server.ts';
import { OpenExchanges } from '../../src/proxy/open-exchanges.ts';

/** The HTTP/1 codec on real sockets, with nothing of the gateway behind it. */
export interface BareServer extends AsyncDisposable {
  readonly port: number;
  readonly wheel: TimerWheel;
  readonly exchanges: OpenExchanges;
  readonly server: Http1Server;
  /** Requests that could not be read. */
  readonly unreadable: number;
}

export const LIMITS = {
  headerBytes: 16_384,
  headerCount: 100,
  targetBytes: 8192,
  headerTimeoutMs: 5_000,
  bodyIdleMs: 5_000,
  bodyMinBytesPerS: 1,
  keepAliveMs: 5_000,
  connectionsPerAddress: 1000,
  maxConnections: 1000,
};

export const lines = (...flat: string[]): FieldLines => FieldLines.fromFlat(flat);

/** TCP sockets, and servers, that this process holds. */
export function tcpHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => /^TCP/.test(name)).length;
}

/** Starts it; `onExchange` answers, and must not throw. */
export async function openBareServer(onExchange: (exchange: Exchange) => void): Promise<BareServer> {
  const wheel = new TimerWheel(performance.now());
  const ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const exchanges = new OpenExchanges();
  let unreadable = 0;
  const events: ServerEvents = {
    onExchange,
    onUnreadable() {
      unreadable++;
      return { status: 400, headers: lines('Content-Length', '3'), body: 'no\n' };
    },
  };
  const http1 = new Http1Server(LIMITS, events, exchanges, wheel);
  const facts: ConnectionFacts = {
    listener: 'web',
    secure: false,
    tlsVersion: '',
    serverName: '',
    certificate: null,
    peer: parseIp('127.0.0.1') as ConnectionFacts['peer'],
  };
  const accepting = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    http1.serve(directSocketOf(socket), facts),
  );
  await new Promise<void>((resolve) => accepting.listen(0, '127.0.0.1', resolve));
  return {
    port: (accepting.address() as { port: number }).port,
    wheel,
    exchanges,
    server: http1,
    get unreadable() {
      return unreadable;
    },
    async [Symbol.asyncDispose]() {
      http1.close();
      await new Promise<void>((resolve) => accepting.close(() => resolve()));
      clearInterval(ticking);
    },
  };
}
