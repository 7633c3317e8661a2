import type { GatewayConfig } from '../config/config.ts';
import type { LimitStore } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import { GuardFacts } from '../stores/redis/guard-facts.ts';
import { GuardedLimits } from '../stores/redis/guarded-limits.ts';
import { RedisLimits } from '../stores/redis/redis-limits.ts';
import type { RedisLink } from '../stores/redis/redis-link.ts';

/** How often what is owed to Redis is told, if it was not with a request. */
const TELL_MS = 1000;

/** The limits of requests as a thread opens them. */
export interface OpenedLimits {
  readonly store: LimitStore;
  /** Hears that something changed about the connection. */
  linkChanged(): void;
  /** Gives back what was taken ahead. */
  close(): void;
}

/** What `openLimits` works with. */
export interface LimitParts {
  /** Null when nothing is shared between gateways. */
  readonly link: RedisLink | null;
  /** Counts in the memory of this gateway. */
  readonly local: LimitStore;
  /** Memory of `GuardFacts`. */
  readonly facts: SharedArrayBuffer;
  readonly clock: Clock;
}

/** Opens the limits of requests: those in the memory of the process, or those in Redis with what holds while it cannot be used. */
export function openLimits({ lease }: GatewayConfig['counters'], parts: LimitParts): OpenedLimits {
  const { link, local, clock } = parts;
  if (link === null) return { store: local, linkChanged: () => {}, close: () => {} };
  const facts = new GuardFacts(parts.facts);
  const remote = new RedisLimits(link, clock, lease);
  const store = new GuardedLimits({ remote, local, facts, clock });
  link.onLost = () => facts.lost(clock.nowMs());
  const timer = setInterval(() => void store.tellDebts(), TELL_MS);
  timer.unref();
  return {
    store,
    linkChanged() {
      if (link.problem === '') void store.tellDebts();
    },
    close() {
      clearInterval(timer);
      remote.close();
    },
  };
}
