import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { token } from './sign-token.ts';

/** An issuer of tokens that serves its key set over HTTP. */
export interface TestIssuer extends AsyncDisposable {
  readonly url: string;
  /** How often the key set was asked for. */
  readonly asked: number;
  /** Makes a new key the only one of the set. */
  rotate(): void;
  /** A token of the present key for the audience `api`; `change` replaces claims. */
  sign(change?: Record<string, unknown>): string;
  /** Stops or starts answering. */
  isDown: boolean;
}

const NAME = 'https://issuer.example';

/** What a configuration says of the issuer, under the id `test`. */
export function issuerBlock(issuer: Pick<TestIssuer, 'url'>, more: object = {}): object {
  return { id: 'test', issuer: NAME, jwks: { url: `${issuer.url}/keys` }, ...more };
}

/** Starts an issuer on a free port of the loopback address. */
export async function startIssuer(): Promise<TestIssuer> {
  let serial = 0;
  let pair: { publicKey: KeyObject; privateKey: KeyObject };
  let asked = 0;
  const rotate = (): void => {
    serial++;
    pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  };
  rotate();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      asked++;
      if (issuer.isDown) return void socket.destroy();
      const body = jwksOf(pair.publicKey, `k${serial}`);
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    get asked() {
      return asked;
    },
    isDown: false,
    rotate,
    sign(change = {}) {
      const nowS = Math.floor(Date.now() / 1000);
      const payload = { sub: 'user-1', iss: NAME, aud: 'api', iat: nowS, exp: nowS + 600, ...change };
      return token({ alg: 'RS256', kid: `k${serial}` }, payload, pair.privateKey);
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return issuer;
}

/** A key set of one public key, as its text. */
export function jwksOf(key: KeyObject, kid: string): string {
  return JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] });
}
