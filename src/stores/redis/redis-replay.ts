import { hash } from 'node:crypto';
import type { Clock, ReplayCache, ReplayVerdict } from '../../core/ports.ts';
import type { SharedReplay } from '../shared/shared-replay.ts';
import type { RedisClient, RedisLink } from './redis-link.ts';

/** How long a binding that Redis confirmed counts without asking again. */
const CONFIRMED_MS = 30_000;
const PREFIX = 'portcullis:replay:';

/** Gives a key to a binding unless another one has it; never lets it end sooner than it would have. */
const BIND = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
if not held or redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1`;

/** Gives a key to a binding, by the hash of the script where the server has it. */
const BIND_SHA = hash('sha1', BIND);

/** What decides while Redis cannot be used. */
export type OnFailure = 'refuse' | 'local';

/**
 * Used identifiers that all gateways on one Redis share.
 *
 * Shape: one key per identifier, named by a hash; its value is a hash of the binding, '' for what may be used once. Redis
 * lets it end, by its own clock.
 * Cost: one round trip; for an identifier that comes again from the same binding one in thirty seconds, because Redis
 * keeps a binding that much longer than it was asked for, so that no other gateway can give it away meanwhile.
 * Safety: what Redis did not confirm in time is not accepted, whether or not it was carried out. With `local` the memory
 * of this gateway alone decides then, and other gateways may accept the same again.
 */
export class RedisReplay implements ReplayCache {
  readonly #link: RedisLink;
  readonly #local: SharedReplay;
  readonly #clock: Clock;
  readonly #onFailure: OnFailure;
  #problem = '';

  constructor(link: RedisLink, local: SharedReplay, clock: Clock, onFailure: OnFailure) {
    this.#link = link;
    this.#local = local;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  get problem(): string {
    return this.#problem;
  }

  async once(scope: string, id: string, untilMs: number): Promise<ReplayVerdict> {
    const key = keyOf(scope, id);
    const ttlMs = this.#ttlMs(untilMs);
    try {
      const set = await this.#link.ask((client) => client.set(key, '', 'PX', ttlMs, 'NX'), key);
      return set === null ? 'replayed' : 'accepted';
    } catch (error) {
      return this.#fail(error) ?? this.#local.once(scope, id, untilMs);
    }
  }

  bound(
    scope: string,
    id: string,
    binding: string,
    untilMs: number,
    windowMs: number,
  ): ReplayVerdict | Promise<ReplayVerdict> {
    return (
      this.#local.recall(scope, id, binding, untilMs, windowMs) ??
      this.#bind(scope, id, binding, untilMs, windowMs)
    );
  }

  async forget(scope: string, id: string): Promise<void> {
    const key = keyOf(scope, id);
    // What cannot be written down stays used.
    await this.#link.ask((client) => client.del(key), key).catch(() => 0);
    if (this.#onFailure === 'local') this.#local.forget(scope, id);
  }

  async #bind(
    scope: string,
    id: string,
    binding: string,
    untilMs: number,
    windowMs: number,
  ): Promise<ReplayVerdict> {
    const startedAtMs = this.#clock.nowMs();
    const freeMs = Math.min(untilMs, startedAtMs + windowMs);
    const lagMs = Math.min(CONFIRMED_MS, windowMs / 2);
    const value = hash('sha256', binding, 'base64url');
    const ttlMs = this.#ttlMs(Math.min(untilMs, startedAtMs + windowMs + lagMs));
    const key = keyOf(scope, id);
    try {
      const given = await this.#link.ask((client) => runBind(client, key, value, ttlMs), key);
      if (given !== 1) return 'replayed';
      this.#local.confirm(scope, id, binding, freeMs, Math.min(untilMs, startedAtMs + lagMs));
      return 'accepted';
    } catch (error) {
      return this.#fail(error) ?? this.#local.bound(scope, id, binding, untilMs, windowMs);
    }
  }

  #ttlMs(untilMs: number): number {
    return Math.max(1, Math.ceil(untilMs - this.#clock.nowMs()));
  }

  /** The verdict when Redis failed; null where the memory of this gateway decides. */
  #fail(error: unknown): ReplayVerdict | null {
    this.#problem = error instanceof Error ? error.message : String(error);
    return this.#onFailure === 'local' ? null : 'unavailable';
  }
}

async function runBind(client: RedisClient, key: string, value: string, ttlMs: number): Promise<unknown> {
  try {
    return await client.evalsha(BIND_SHA, 1, key, value, ttlMs);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(BIND, 1, key, value, ttlMs);
  }
}

/** Redis learns neither issuers nor identifiers. */
function keyOf(scope: string, id: string): string {
  return PREFIX + hash('sha256', `${scope}\n${id}`, 'base64url');
}
