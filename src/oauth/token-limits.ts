import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import { DEVICE_CODE } from '../core/client-classes.ts';
import { type CounterState, type Counters, newCounterState, windowsOnly } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import { parseIp, prefixOf } from '../lib/ip/address.ts';
import { tooManyRequests } from './provider-errors.ts';

/** Endpoints where a client authenticates. */
const AUTHENTICATED: ReadonlySet<string> = new Set([
  'token',
  'introspection',
  'revocation',
  'pushed_authorization_request',
  'device_authorization',
]);
const MAX_BLOCKED = 10_000;
/** Whoever has one address of IPv6 has a whole /64. */
const IPV6_BITS = 64;
/** How often an address may fail to authenticate as one client in a minute. */
const FAILURES_PER_MINUTE = 10;

export interface TokenLimitParts {
  readonly counters: Counters;
  readonly clock: Clock;
  readonly perMinute: () => number;
}

/**
 * Limits how often clients ask for tokens, and how often they fail to say who they are.
 *
 * Safety: only requests that authenticated count against a client, so a stranger who knows its id cannot lock it out.
 * Failures count against the pair of client and address: who guesses is stopped, the client elsewhere is not. A public
 * client cannot authenticate, so its requests count for each address apart.
 */
export class TokenLimits {
  readonly #parts: TokenLimitParts;
  /** Until when an address may not try to be a client, the oldest entry first. */
  readonly #blocked = new Map<string, number>();
  readonly #claimed = new WeakMap<object, string>();

  constructor(parts: TokenLimitParts) {
    this.#parts = parts;
  }

  /** Refuses an address that failed too often as this client; called before anything is known of the client. */
  async beforeClient(clientId: string): Promise<void> {
    const ctx = Provider.ctx;
    if (ctx === undefined || !AUTHENTICATED.has(ctx.oidc.route)) return;
    this.#claimed.set(ctx, clientId);
    const untilMs = this.#blocked.get(pairOf(clientId, ctx)) ?? 0;
    if (untilMs > this.#parts.clock.nowMs()) this.#refuse(ctx, untilMs, false);
  }

  /** Counts a request for a token of a client that has authenticated. */
  async beforeGrant(ctx: KoaContextWithOIDC, grantType: string): Promise<void> {
    const client = ctx.oidc.client;
    if (client === undefined) return;
    const isPublic = client.clientAuthMethod === 'none';
    const who = isPublic ? pairOf(client.clientId, ctx) : client.clientId;
    const state = await this.#take('oauth/token', who, this.#parts.perMinute());
    if (!state.admitted) this.#refuse(ctx, state.resetMs, grantType === DEVICE_CODE);
  }

  /** Takes note that a client could not prove who it is. */
  async failed(ctx: KoaContextWithOIDC): Promise<void> {
    const clientId = this.#claimed.get(ctx);
    if (clientId === undefined) return;
    const pair = pairOf(clientId, ctx);
    const state = await this.#take('oauth/failed', pair, FAILURES_PER_MINUTE);
    if (state.admitted && state.remaining > 0) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#blocked.delete(pair);
    if (this.#blocked.size >= MAX_BLOCKED) this.#blocked.delete(this.#blocked.keys().next().value as string);
    this.#blocked.set(pair, Math.max(state.resetMs, nowMs + 1000));
  }

  async #take(scope: string, client: string, perMinute: number): Promise<CounterState> {
    const state: CounterState = newCounterState();
    const limits = windowsOnly({ perMinute, perHour: 0, perDay: 0 });
    await this.#parts.counters.take([{ scope, client, limits, cost: 1 }], this.#parts.clock.nowMs(), state);
    return state;
  }

  #refuse(ctx: KoaContextWithOIDC, untilMs: number, isPolling: boolean): never {
    const seconds = Math.max(1, Math.ceil((untilMs - this.#parts.clock.nowMs()) / 1000));
    ctx.set('Retry-After', String(seconds));
    throw tooManyRequests(isPolling);
  }
}

function pairOf(clientId: string, ctx: KoaContextWithOIDC): string {
  const ip = parseIp(ctx.ip);
  const address = ip === null ? ctx.ip : prefixOf(ip, ip.family === 6 ? IPV6_BITS : 32);
  return `${clientId} ${address}`;
}
