import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { Unavailable } from '../core/errors.ts';
import { type Ip, parseIp, prefixOf } from '../lib/ip/address.ts';
import { textOf } from './client-address.ts';
import { directSocketOf } from './direct-socket.ts';
import type { ConnectionFacts } from './exchange.ts';
import { handshakeCertificate } from './handshake-certificate.ts';
import { readPreamble } from './preamble.ts';
import { isTrusted, type ReadSettings } from './settings.ts';
import { isSameTls, TlsContexts, type TlsSettings } from './tls-contexts.ts';

/** One port of the gateway. */
export interface ListenerSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | null;
  readonly proxyProtocol: boolean;
}

/** What a listener tells the thread. */
export interface ListenerEvents {
  onConnection(socket: Socket, facts: ConnectionFacts, protocol: 'h1' | 'h2'): void;
  /**
   * A connection was closed before it carried a request. `tlsVersion` is what a client asked for whose handshake
   * failed, such as `TLSv1.1`; 'none' when it did not come to that.
   */
  onRejected(listener: string, why: 'per-address' | 'total' | 'preamble' | 'tls', tlsVersion: string): void;
  onHandshake(version: string): void;
}

const BACKLOG = 1024;
/** A subscriber of IPv6 has a whole network of this size, so its addresses count as one. */
const IPV6_CLIENT_BITS = 64;
/** Handshakes that fail because the two have nothing in common; others fail before a version is agreed on. */
const VERSION_IS_KNOWN = new Set([
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_SHARED_CIPHER',
  'ERR_SSL_NO_APPLICATION_PROTOCOL',
]);

/** Open connections of a thread, in all and per client. */
export class ConnectionCounts {
  total = 0;
  readonly #perClient = new Map<string, number>();

  add(client: string): number {
    const count = (this.#perClient.get(client) ?? 0) + 1;
    this.#perClient.set(client, count);
    return count;
  }

  remove(client: string): void {
    const count = (this.#perClient.get(client) ?? 1) - 1;
    if (count <= 0) this.#perClient.delete(client);
    else this.#perClient.set(client, count);
  }
}

/** Accepts connections on one port: counts them, reads PROXY preambles, does the TLS handshake. */
export class Listener {
  settings: ListenerSettings;
  readonly connections = new Set<Socket>();
  readonly #events: ListenerEvents;
  readonly #read: () => ReadSettings;
  readonly #counts: ConnectionCounts;
  readonly #server: Server;
  readonly #tls: TlsServer | null;
  #contexts: TlsContexts | null;
  /** Peers of connections that speak TLS, by both ends. */
  readonly #handshakes = new Map<string, Ip>();

  constructor(
    settings: ListenerSettings,
    read: () => ReadSettings,
    counts: ConnectionCounts,
    events: ListenerEvents,
    ticketKeys: Buffer,
  ) {
    this.settings = settings;
    this.#events = events;
    this.#read = read;
    this.#counts = counts;
    this.#contexts = settings.tls === null ? null : new TlsContexts(settings.tls);
    this.#tls = settings.tls === null ? null : this.#openTls(settings.tls, ticketKeys);
    // What node:tls or the preamble reads has to come as a stream.
    const isDirect = settings.tls === null && !settings.proxyProtocol;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(isDirect ? directSocketOf(socket) : socket),
    );
  }

  /** Listens; the port is shared with the other threads. Throws Unavailable when it is in use or not allowed. */
  open(): Promise<number> {
    const { host, port, name } = this.settings;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Unavailable(`listener ${name}`, sentenceOf(error, host, port), { cause: error })),
      );
      this.#server.listen({ host, port, backlog: BACKLOG, reusePort: port !== 0 }, () => {
        this.#server.on('error', () => {});
        resolve((this.#server.address() as { port: number }).port);
      });
    });
  }

  /**
   * Takes new certificates for handshakes from now on.
   *
   * Safety: certificates that cannot be used leave those in force that can; opening the plan has reported them.
   */
  update(settings: ListenerSettings): void {
    const before = this.settings.tls;
    this.settings = settings;
    if (settings.tls === null || before === null || this.#tls === null || isSameTls(before, settings.tls))
      return;
    try {
      this.#contexts = new TlsContexts(settings.tls);
      this.#tls.setSecureContext(this.#contexts.fallbackOptions);
    } catch {
      this.settings = { ...settings, tls: before };
    }
  }

  get #asksForCertificates(): boolean {
    return this.settings.tls !== null && this.settings.tls.clientCa !== '';
  }

  /** Accepts no further connection. */
  stop(): void {
    this.#server.close();
  }

  #openTls(tls: TlsSettings, ticketKeys: Buffer): TlsServer {
    const server = createTlsServer({
      ...(this.#contexts as TlsContexts).fallbackOptions,
      ALPNProtocols: tls.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      SNICallback: (name, done) => done(null, (this.#contexts as TlsContexts).find(name)),
      handshakeTimeout: this.#read().limits.headerTimeoutMs,
      allowHalfOpen: true,
      ticketKeys,
      // Who needs a certificate is said per API, so that a handshake without one is as good as any.
      requestCert: tls.clientCa !== '',
      rejectUnauthorized: false,
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const version = VERSION_IS_KNOWN.has(error.code ?? '') ? socket.getProtocol() : null;
      this.#events.onRejected(this.settings.name, 'tls', version ?? 'none');
      socket.destroy();
    });
    return server;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const { limits } = this.#read();
    const peer = peerOf(socket);
    if (peer === null) return void socket.destroy();
    if (this.#counts.total >= limits.maxConnections) return this.#reject(socket, 'total');
    this.#counts.total++;
    this.connections.add(socket);
    socket.once('close', () => {
      this.#counts.total--;
      this.connections.delete(socket);
    });
    if (!this.settings.proxyProtocol) return this.#admit(socket, peer);
    if (!isTrusted(this.#read(), peer)) return this.#reject(socket, 'preamble');
    readPreamble(socket, limits.headerTimeoutMs, (source) => {
      if (source === null || socket.destroyed) return this.#reject(socket, 'preamble');
      this.#admit(socket, source.address ?? peer);
    });
  }

  /** Safety: a trusted proxy is many clients, whose addresses are in its requests; it is bound by the total alone. */
  #isOverShare(socket: Socket, peer: Ip): boolean {
    const read = this.#read();
    if (isTrusted(read, peer)) return false;
    const client = peer.family === 4 ? textOf(peer) : prefixOf(peer, IPV6_CLIENT_BITS);
    const open = this.#counts.add(client);
    socket.once('close', () => this.#counts.remove(client));
    return open > read.limits.connectionsPerAddress;
  }

  #admit(socket: Socket, peer: Ip): void {
    if (this.#isOverShare(socket, peer)) return this.#reject(socket, 'per-address');
    if (this.#tls === null) {
      const plain = { secure: false, tlsVersion: '', serverName: '', certificate: null };
      return this.#events.onConnection(socket, { listener: this.settings.name, ...plain, peer }, 'h1');
    }
    const key = keyOf(socket);
    this.#handshakes.set(key, peer);
    socket.once('close', () => this.#handshakes.delete(key));
    // Who ends its side within the handshake is gone.
    socket.allowHalfOpen = false;
    this.#tls.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const peer = this.#handshakes.get(keyOf(socket));
    if (peer === undefined) return void socket.destroy();
    socket.allowHalfOpen = true;
    socket.on('error', () => socket.destroy());
    const tlsVersion = socket.getProtocol() ?? '';
    this.#events.onHandshake(tlsVersion);
    const facts = {
      listener: this.settings.name,
      secure: true,
      tlsVersion,
      serverName: typeof socket.servername === 'string' ? socket.servername.toLowerCase() : '',
      certificate: this.#asksForCertificates ? handshakeCertificate(socket) : null,
      peer,
    };
    this.#events.onConnection(socket, facts, socket.alpnProtocol === 'h2' ? 'h2' : 'h1');
  }

  #reject(socket: Socket, why: 'per-address' | 'total' | 'preamble'): void {
    this.#events.onRejected(this.settings.name, why, '');
    socket.destroy();
  }
}

/** The other end; null when it is gone already. Link-local addresses come with a zone, which is ours and not theirs. */
function peerOf(socket: Socket): Ip | null {
  return parseIp((socket.remoteAddress ?? '').split('%', 1)[0] as string);
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

function sentenceOf(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use: stop the program that listens there, or choose another port.`;
  }
  if (error.code === 'EACCES') {
    return `Port ${port} on ${host} needs more rights: choose a port from 1024, or grant CAP_NET_BIND_SERVICE.`;
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `The address ${host} is not one of this machine: correct the \`host\` of the listener.`;
  }
  return `Cannot listen on ${host}:${port}: ${error.message}.`;
}
