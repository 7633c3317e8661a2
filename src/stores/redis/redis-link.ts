import type { Cluster, Redis } from 'iovalkey';
import { Unavailable } from '../../core/errors.ts';
import { Deadlines } from './deadlines.ts';
import { parseRedisUrl, type RedisSettings } from './redis-url.ts';

/** How many commands may wait for their answers at once. */
const MAX_PENDING = 10_000;
/** How long a connection may answer nothing, while commands wait, before it is given up. */
const STALLED_MS = 1000;
/** How long a start waits for the first connection. */
const OPEN_MS = 2000;

/** A client with the commands that stores use; the same for a server and a cluster. */
export type RedisClient = Redis | Cluster;

/** Makes a client; a test puts another one in its place. */
export type OpenClient = (settings: RedisSettings) => Promise<RedisClient>;

const openDefault: OpenClient = async (settings) => (await import('./open-client.ts')).openClient(settings);

/**
 * One thread's connection to Redis: every command answers within the time of a request, or fails.
 *
 * Cost: the client library is loaded only by a gateway that uses Redis.
 * Safety: a command that came too late may have been carried out; whoever asked must take it for that. Memory is
 * bounded while Redis is slow: commands beyond a number fail at once, and a connection that went silent is replaced.
 */
export class RedisLink {
  readonly #settings: RedisSettings;
  readonly #onProblem: (sentence: string) => void;
  #client: RedisClient | null = null;
  #problem: string;
  #pending = 0;
  #answeredAtMs = 0;
  #isClosed = false;
  readonly #deadlines: Deadlines;

  /** `onProblem` is told why Redis cannot be used, and '' when it can again. */
  constructor(settings: RedisSettings, onProblem: (sentence: string) => void) {
    this.#settings = settings;
    this.#onProblem = onProblem;
    this.#problem = `${settings.url} was not reached yet.`;
    this.#deadlines = new Deadlines(settings.timeoutMs);
  }

  /** Why commands fail now, as a sentence that names the store; '' when they do not. */
  get problem(): string {
    return this.#problem;
  }

  /** Whether one command may name only keys that share a hash tag. */
  get isCluster(): boolean {
    return parseRedisUrl(this.#settings.url)?.isCluster === true;
  }

  /** How long a command may take, in milliseconds. */
  get timeoutMs(): number {
    return this.#settings.timeoutMs;
  }

  get isReady(): boolean {
    return this.#client?.status === 'ready';
  }

  /** Connects; resolves when that succeeded, or after two seconds. Goes on trying in any case. Never rejects. */
  async open(openClient: OpenClient = openDefault): Promise<void> {
    const client = await openClient(this.#settings);
    if (this.#isClosed) return void client.disconnect();
    this.#client = client;
    const ready = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPEN_MS);
      client.on('ready', () => {
        clearTimeout(timer);
        resolve();
        this.#becameReady(client);
      });
    });
    client.on('error', (error: Error) =>
      this.#tell(`${this.#settings.url} cannot be used: ${sentenceOf(error)}`),
    );
    client.on('close', () => {
      if (this.#problem === '' && !this.#isClosed) this.#tell(`${this.#settings.url} closed the connection.`);
    });
    await ready;
    if (!this.isReady && this.#problem !== '') this.#onProblem(this.#problem);
  }

  /** Runs a command. Errors: Unavailable when it fails, or is not answered in time. */
  ask<Result>(command: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const client = this.#client;
    if (client === null || !this.isReady) return Promise.reject(this.#unavailable(this.#problem));
    if (this.#pending >= MAX_PENDING) {
      const sentence = `${this.#settings.url} has ${MAX_PENDING} commands to answer.`;
      return Promise.reject(this.#unavailable(sentence));
    }
    const startedAtMs = performance.now();
    return new Promise((resolve, reject) => {
      const asked = this.#deadlines.add(startedAtMs, () => {
        this.#giveUpStalled(client, startedAtMs);
        const sentence = `${this.#settings.url} did not answer within ${this.#settings.timeoutMs} ms.`;
        reject(this.#unavailable(sentence));
      });
      this.#pending++;
      command(client).then(
        (result) => {
          this.#pending--;
          asked.isOver = true;
          this.#answeredAtMs = performance.now();
          resolve(result);
        },
        (error: Error) => {
          this.#pending--;
          asked.isOver = true;
          reject(this.#unavailable(`${this.#settings.url} cannot be used: ${sentenceOf(error)}`));
        },
      );
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#client?.disconnect();
  }

  #becameReady(client: RedisClient): void {
    this.#answeredAtMs = performance.now();
    this.#tell('');
    client.info('memory').then(
      (text) => {
        const [, policy = 'noeviction'] = /^maxmemory_policy:(\S+)/m.exec(text) ?? [];
        const [, limit = '0'] = /^maxmemory:(\d+)/m.exec(text) ?? [];
        if (policy === 'noeviction' || limit === '0') return;
        const sentence = `${this.#settings.url} evicts keys (maxmemory-policy ${policy}): used tokens may be forgotten. Set it to noeviction.`;
        this.#onProblem(sentence);
      },
      // It need not be allowed to us.
      () => {},
    );
  }

  /** A connection that answers nothing, as of a stopped process, is replaced; what waits on it fails. */
  #giveUpStalled(client: RedisClient, startedAtMs: number): void {
    const silentSinceMs = Math.max(this.#answeredAtMs, startedAtMs - STALLED_MS);
    if (performance.now() - silentSinceMs < STALLED_MS || this.#client !== client) return;
    this.#answeredAtMs = performance.now();
    client.disconnect(true);
  }

  #tell(sentence: string): void {
    if (sentence === this.#problem) return;
    this.#problem = sentence;
    this.#onProblem(sentence);
  }

  #unavailable(sentence: string): Unavailable {
    return new Unavailable('redis', sentence);
  }
}

/** The message of an error as the end of a sentence; never holds a password. */
function sentenceOf(error: Error & { readonly code?: string }): string {
  const text = error.message === '' ? (error.code ?? error.name) : error.message;
  return text.endsWith('.') ? text : `${text}.`;
}
