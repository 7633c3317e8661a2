import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.ts';
import { token } from './sign-token.ts';

const ENTRY = fileURLToPath(new URL('./issuer-process-entry.ts', import.meta.url));

/** A key of the issuer. */
export interface IssuerKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes an RSA key under a name. */
export function makeKey(kid: string): IssuerKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

/** A real issuer in a process of its own, found by discovery, that rotates keys, dies and comes back. */
export class IssuerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  #jwks = '';
  #child: ChildProcess | null = null;

  private constructor(port: number) {
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async open(keys: readonly IssuerKey[], more: readonly object[] = []): Promise<IssuerProcess> {
    const [port] = (await freePorts(1)) as [number];
    const issuer = new IssuerProcess(port);
    issuer.#jwks = jwksOf(keys, more);
    await issuer.start();
    return issuer;
  }

  /** What a configuration says of it, under the id `test`. */
  block(more: object = {}): object {
    return { id: 'test', issuer: this.url, ...more };
  }

  async start(): Promise<void> {
    this.#child = fork(ENTRY, [`${this.#port}`], { execArgv: [], stdio: 'ignore' });
    await once(this.#child, 'message');
    await this.#tell({ jwks: this.#jwks });
  }

  async publish(keys: readonly IssuerKey[], more: readonly object[] = []): Promise<void> {
    this.#jwks = jwksOf(keys, more);
    await this.#tell({ jwks: this.#jwks });
  }

  /** How often the key set was asked for since it started. */
  async asked(): Promise<number> {
    return (await this.#tell({})).asked;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  claims(change: Record<string, unknown> = {}): Record<string, unknown> {
    const nowS = Math.floor(Date.now() / 1000);
    return { sub: 'user-1', iss: this.url, aud: 'api', iat: nowS, exp: nowS + 600, ...change };
  }

  /** A token with claims that pass, with changes; undefined takes a claim away. */
  sign(key: IssuerKey, change: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
    return token({ alg: 'RS256', kid: key.kid, ...header }, this.claims(change), key.privateKey);
  }

  async #tell(message: object): Promise<{ readonly asked: number }> {
    const child = this.#child as ChildProcess;
    const answer = once(child, 'message');
    child.send(message);
    return (await answer)[0] as { asked: number };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function jwksOf(keys: readonly IssuerKey[], more: readonly object[]): string {
  const own = keys.map(({ kid, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid,
    alg: 'RS256',
    use: 'sig',
  }));
  return JSON.stringify({ keys: [...own, ...more] });
}
