import { Unavailable } from '../../core/errors.ts';
import { buildLimitScript, type LimitScript } from './limit-script.ts';
import type { RedisClient, RedisLink } from './redis-link.ts';

/** Operations of one call at most: what one call keeps the server busy with is bounded. */
const MAX_OPERATIONS = 128;

/** Who waits for an operation. */
export interface Waiting {
  /** Numbers of its answer. */
  readonly numbers: number;
  /**
   * The answer, from `at` on; `serverMs` is the time of the server. `isLate` when it comes after `failed`: whoever asked was told
   * that nobody knows.
   */
  answered(answer: readonly number[], at: number, serverMs: number, isLate: boolean): void;
  failed(error: Error): void;
}

interface Batch {
  readonly keys: string[];
  text: string;
  readonly waiting: (Waiting | null)[];
}

/**
 * Runs operations of the limit script: all of one turn of the event loop in one call.
 *
 * Shape: operations of one group go in one call and in order; on a cluster a group is a client, else there is one.
 * Cost: one command for a turn, whatever the number of its requests.
 */
export class LimitCalls {
  readonly #link: RedisLink;
  readonly #script: LimitScript;
  readonly isCluster: boolean;
  #batches = new Map<string, Batch>();
  #isAwaited = false;
  /** Time of the server less that of `performance.now()`, never too late; NaN before the first answer. */
  serverOffsetMs = Number.NaN;

  constructor(link: RedisLink, script: LimitScript = buildLimitScript()) {
    this.#link = link;
    this.#script = script;
    this.isCluster = link.isCluster;
  }

  get problem(): string {
    return this.#link.problem;
  }

  /** Adds an operation to the calls of this turn. */
  add(group: string, keys: readonly string[], line: string, waiting: Waiting | null = null): void {
    let batch = this.#batches.get(group);
    if (batch === undefined) {
      batch = { keys: [], text: '', waiting: [] };
      this.#batches.set(group, batch);
    }
    for (const key of keys) batch.keys.push(key);
    batch.text += `${line}\n`;
    batch.waiting.push(waiting);
    if (batch.waiting.length >= MAX_OPERATIONS) {
      this.#batches.delete(group);
      this.#send(batch);
    }
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    // After everything that arrived in this turn was read, not after each of it.
    setImmediate(() => this.flush());
  }

  /** Sends what was added. */
  flush(): void {
    this.#isAwaited = false;
    if (this.#batches.size === 0) return;
    const batches = this.#batches;
    this.#batches = new Map();
    for (const batch of batches.values()) this.#send(batch);
  }

  #send(batch: Batch): void {
    let isGivenUp = false;
    const command = async (client: RedisClient): Promise<void> => {
      const answer = parseAnswer(await this.#run(client, batch), batch);
      this.serverOffsetMs = (answer[0] as number) - performance.now();
      tell(batch, answer, isGivenUp);
    };
    this.#link.ask(command, batch.keys[0]).catch((error: Error) => {
      isGivenUp = true;
      for (const waiting of batch.waiting) waiting?.failed(error);
    });
  }

  async #run(client: RedisClient, { keys, text }: Batch): Promise<unknown> {
    try {
      return await client.evalsha(this.#script.sha, keys.length, ...keys, text);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(this.#script.text, keys.length, ...keys, text);
    }
  }
}

/** The answer of a call, if it is one. Errors: Unavailable when it is not. */
function parseAnswer(answer: unknown, { waiting }: Batch): readonly number[] {
  let length = 1;
  for (const one of waiting) length += one?.numbers ?? 0;
  const isOne = Array.isArray(answer) && answer.length === length && answer.every(Number.isSafeInteger);
  if (!isOne || !((answer[0] as number) > 0))
    throw new Unavailable('redis', 'it answers what the script does not.');
  return answer as number[];
}

function tell({ waiting }: Batch, answer: readonly number[], isLate: boolean): void {
  let at = 1;
  for (const one of waiting) {
    if (one === null) continue;
    one.answered(answer, at, answer[0] as number, isLate);
    at += one.numbers;
  }
}
