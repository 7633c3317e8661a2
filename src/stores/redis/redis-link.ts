import type { Cluster, Redis } from 'iovalkey';
import { Unavailable } from '../../core/errors.ts';
import { Circuits, isCluster } from './circuits.ts';
import { Deadlines } from './deadlines.ts';
import { parseRedisUrl, type RedisSettings } from './redis-url.ts';
import { Unanswered } from './unanswered.ts';

/** How many commands may wait for their answers at once. */
const MAX_PENDING = 10_000;
/** How long a connection may answer nothing, while commands wait, before it is given up. */
const STALLED_MS = 1000;
/** What a probe asks for where no command named a key. */
const PROBE_KEY = 'portcullis:probe';
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
 * bounded while Redis is slow: commands beyond a number fail at once, and a connection that went silent is replaced. A server
 * that is known not to answer in time is not asked: nobody waits for it but a probe.
 */
export class RedisLink {
  readonly #settings: RedisSettings;
  readonly #onProblem: (sentence: string) => void;
  /** Hears that a server was lost sight of: whatever answers from then on may have forgotten something. */
  onLost: () => void = () => {};
  #client: RedisClient | null = null;
  #problem: string;
  #pending = 0;
  #answeredAtMs = 0;
  #isClosed = false;
  readonly #deadlines: Deadlines;
  readonly #circuits: Circuits;

  /** `onProblem` is told why Redis cannot be used, and '' when it can again. */
  constructor(settings: RedisSettings, onProblem: (sentence: string) => void) {
    this.#settings = settings;
    this.#onProblem = onProblem;
    this.#circuits = new Circuits({ probe: (key) => this.#probe(key), closed: () => this.#tell('') });
    this.#problem = `${settings.url} was not reached yet.`;
    this.#deadlines = new Deadlines(settings.timeoutMs);
  }

  /** Why commands fail now, as a sentence that names the store; '' when they do not. */
  get problem(): string {
    if (!this.isReady) return this.#problem;
    // Of a cluster, some nodes may answer.
    return !this.isCluster && this.#circuits.isAnyOpen ? this.#late : '';
  }

  get #late(): string {
    return `${this.#settings.url} did not answer within ${this.#settings.timeoutMs} ms.`;
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
      if (this.#isClosed) return;
      this.onLost();
      if (this.#problem === '') this.#tell(`${this.#settings.url} closed the connection.`);
    });
    // Of a cluster: one node.
    client.on('-node', () => this.onLost());
    client.on('node error', () => this.onLost());
    await ready;
    if (!this.isReady && this.#problem !== '') this.#onProblem(this.#problem);
  }

  /**
   * Runs a command; on a cluster it is about the `key`.
   *
   * Errors: Unavailable when it fails, and Unanswered when nobody knows whether it was carried out.
   */
  ask<Result>(command: (client: RedisClient) => Promise<Result>, key = ''): Promise<Result> {
    const client = this.#client;
    if (client === null || !this.isReady) return Promise.reject(this.#unavailable(this.#problem));
    const circuit = this.#circuits.of(client, key);
    if (circuit.isOpen) {
      const { url, timeoutMs } = this.#settings;
      return Promise.reject(this.#unavailable(`${url} is known not to answer within ${timeoutMs} ms.`));
    }
    if (this.#pending >= MAX_PENDING) {
      const sentence = `${this.#settings.url} has ${MAX_PENDING} commands to answer.`;
      return Promise.reject(this.#unavailable(sentence));
    }
    const startedAtMs = performance.now();
    return new Promise((resolve, reject) => {
      const asked = this.#deadlines.add(startedAtMs, () => {
        this.#giveUpStalled(client, startedAtMs);
        // The one that takes its place may know less.
        if (circuit.missed(startedAtMs) && isCluster(client)) this.onLost();
        reject(new Unanswered('redis', this.#late));
      });
      this.#send(client, command).then(
        (result) => {
          asked.isOver = true;
          circuit.answered();
          resolve(result);
        },
        (error: Error) => {
          asked.isOver = true;
          if (isReply(error)) circuit.answered();
          // Of a cluster, the client looks for no other node by itself: probes do.
          else if (isCluster(client) && circuit.missed(startedAtMs)) this.onLost();
          reject(this.#failed(error));
        },
      );
    });
  }

  async #send<Result>(
    client: RedisClient,
    command: (client: RedisClient) => Promise<Result>,
  ): Promise<Result> {
    this.#pending++;
    try {
      const result = await command(client);
      this.#answeredAtMs = performance.now();
      return result;
    } catch (error) {
      if (isReply(error as Error)) this.#answeredAtMs = performance.now();
      throw error;
    } finally {
      this.#pending--;
    }
  }

  /** Looks whether the server that has a key answers in time. */
  async #probe(key: string): Promise<boolean> {
    const client = this.#client;
    if (client === null || !this.isReady) return false;
    const sentAtMs = performance.now();
    let isLate = false;
    const asked = this.#deadlines.add(sentAtMs, () => {
      isLate = true;
    });
    const stalled = setTimeout(() => this.#giveUpStalled(client, sentAtMs), STALLED_MS).unref();
    // Another node may have taken over meanwhile.
    if (isCluster(client)) client.refreshSlotsCache();
    const isAnswered = await this.#send(client, (redis) => redis.pttl(key || PROBE_KEY)).then(
      () => true,
      () => false,
    );
    asked.isOver = true;
    clearTimeout(stalled);
    if (this.isReady && this.#circuits.openForMs > STALLED_MS) this.#tell(this.#late);
    return isAnswered && !isLate;
  }

  close(): void {
    this.#isClosed = true;
    this.#circuits.reset();
    this.#client?.disconnect();
  }

  #becameReady(client: RedisClient): void {
    this.#answeredAtMs = performance.now();
    this.#circuits.reset();
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
    this.#tell(`${this.#settings.url} answered nothing for ${STALLED_MS} ms.`);
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

  #failed(error: Error): Unavailable {
    const sentence = `${this.#settings.url} cannot be used: ${sentenceOf(error)}`;
    return wasRefused(error) ? this.#unavailable(sentence) : new Unanswered('redis', sentence);
  }
}

/** Whether an error is what a server answered. */
function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** Whether a command was certainly not carried out. */
function wasRefused(error: Error): boolean {
  return isReply(error) || /redirections|isn't ready/.test(error.message);
}

/** The message of an error as the end of a sentence; never holds a password. */
function sentenceOf(error: Error & { readonly code?: string }): string {
  const text = error.message === '' ? (error.code ?? error.name) : error.message;
  return text.endsWith('.') ? text : `${text}.`;
}
