import { randomBytes } from 'node:crypto';
import type { GatewayConfig } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import { GuardFacts } from '../stores/redis/guard-facts.ts';
import { Heartbeats } from '../stores/redis/heartbeats.ts';
import type { RedisLink } from '../stores/redis/redis-link.ts';
import { makeLink } from './open-link.ts';

/** Tells the gateways on one Redis that this one is alive, and its threads how many there are. */
export class GatewayHeartbeat {
  readonly #link: RedisLink | null;
  readonly #beats: Heartbeats | null;

  constructor(counters: GatewayConfig['counters'], facts: SharedArrayBuffer, clock: Clock) {
    // The threads tell that Redis cannot be used.
    this.#link = makeLink(counters, () => {});
    const id = randomBytes(9).toString('base64url');
    this.#beats = this.#link === null ? null : new Heartbeats(this.#link, id, new GuardFacts(facts), clock);
  }

  async start(): Promise<void> {
    await this.#link?.open();
    await this.#beats?.start();
  }

  async close(): Promise<void> {
    await this.#beats?.close();
    this.#link?.close();
  }
}
