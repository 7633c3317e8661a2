import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Scheme } from './scenarios.ts';

export interface Answer {
  readonly status: number;
  /** Status line and header fields. */
  readonly head: string;
  readonly body: string;
  /** Such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; '' without TLS. */
  readonly tls: string;
}

const LIMIT_MS = 5000;

/** Sends one request text, which must ask to close the connection, and reads the answer to its end. */
export function probe(scheme: Scheme, port: number, text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let tls = '';
    let received = '';
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, servername: 'api.example.com' };
    const socket: Socket = scheme === 'https' ? connectTls(options) : connect(options);
    socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => {
      if (scheme === 'https')
        tls = `${(socket as TLSSocket).getProtocol()} ${(socket as TLSSocket).getCipher().name}`;
      socket.write(text);
    });
    socket
      .setEncoding('latin1')
      .setTimeout(LIMIT_MS, () => socket.destroy(new Error('No answer in 5 seconds.')));
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      const at = received.indexOf('\r\n\r\n');
      const head = received.slice(0, Math.max(at, 0));
      resolve({ status: Number(head.slice(9, 12)), head, body: received.slice(at + 4), tls });
    });
  });
}

/** Whether something takes connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
