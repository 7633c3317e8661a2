import type { Clock } from '../../core/ports.ts';
import type { GuardFacts } from './guard-facts.ts';
import type { RedisClient } from './redis-link.ts';

const KEY = 'portcullis:gateways';
/** Milliseconds from one heartbeat to the next. */
export const BEAT_MS = 1000;
/** Milliseconds after its last heartbeat for which a gateway counts as alive, by the clock of the server. */
const ALIVE_MS = 5000;
/** A number that went down counts once so many heartbeats in a row say so. */
const CALM_BEATS = 5;

/** Answers how many gateways are alive with this one, and whether this one was known. */
const BEAT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - ARGV[2]))
redis.call('PEXPIRE', KEYS[1], 10 * ARGV[2])
return {redis.call('ZCARD', KEYS[1]), known}`;

/** A connection as heartbeats use it. */
export interface BeatLink {
  ask<Result>(command: (client: RedisClient) => Promise<Result>, key?: string): Promise<Result>;
}

/**
 * Tells the other gateways that this one is alive, and finds out how many there are.
 *
 * Shape: one sorted set, id and time of the last heartbeat, by the clock of the server alone. One gateway has one id,
 * whatever its number of threads.
 * Safety: while Redis cannot be used the last number stays. One that goes down is believed only after five heartbeats
 * that agree: after a restart of Redis the first gateway to come back is alone for a moment, and would
 * take the whole limit for its own if Redis went away again. Gateways that die during an outage leave their share unused; one that starts
 * during an outage is unknown to the others, see `outageBound`.
 * A server that forgot this gateway within the time it should know it lost more than that.
 */
export class Heartbeats {
  readonly #link: BeatLink;
  readonly #id: string;
  readonly #facts: GuardFacts;
  readonly #clock: Clock;
  readonly #counts: number[] = [];
  #beatenAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(link: BeatLink, id: string, facts: GuardFacts, clock: Clock) {
    this.#link = link;
    this.#id = id;
    this.#facts = facts;
    this.#clock = clock;
  }

  /** Beats now and then every second. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.beat(), BEAT_MS).unref();
    await this.beat();
  }

  /** Beats once. Never rejects. */
  async beat(): Promise<void> {
    const sentAtMs = this.#clock.nowMs();
    try {
      const answer = await this.#link.ask((client) => client.eval(BEAT, 1, KEY, this.#id, ALIVE_MS), KEY);
      this.#hear(answer, sentAtMs);
    } catch {
      // The threads tell that Redis cannot be used.
    }
  }

  /** Takes this gateway off the list; resolves soon in any case. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#link.ask((client) => client.zrem(KEY, this.#id), KEY).catch(() => 0);
  }

  #hear(answer: unknown, sentAtMs: number): void {
    const [count, isKnown] = Array.isArray(answer) ? answer : [];
    if (!Number.isInteger(count) || count < 1) return;
    if (isKnown !== 1 && sentAtMs - this.#beatenAtMs < ALIVE_MS / 2) this.#facts.lost(this.#clock.nowMs());
    this.#beatenAtMs = sentAtMs;
    this.#counts.push(count);
    if (this.#counts.length > CALM_BEATS) this.#counts.shift();
    const most = Math.max(...this.#counts);
    const isCalm = this.#counts.length === CALM_BEATS;
    this.#facts.setGateways(isCalm ? most : Math.max(most, this.#facts.gateways));
  }
}
