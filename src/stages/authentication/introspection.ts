import { createHash } from 'node:crypto';
import type { RequestContext } from '../../core/context.ts';
import { Decision, deny } from '../../core/decision.ts';
import type {
  Clock,
  IntrospectionAnswer,
  IntrospectionServer,
  TokenIntrospection,
} from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import { type ActiveToken, checkAnswer, type IntrospectionRules } from './introspection-claims.ts';
import { MAX_TOKEN_CHARS } from './jwt-token.ts';
import type { Refusals } from './refusals.ts';
import { TokenCache } from './token-cache.ts';
import type { TokenProblem } from './token-problems.ts';
import type { TokenUse } from './token-use.ts';

/** RFC 6750, section 2.1: `b64token`. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const MAX_REFUSED = 10_000;
/** A token without end, as far as it can be remembered when it was used. */
const LONG_MS = 30 * 86_400_000;

type Found = ActiveToken | Decision | TokenProblem;

/** What a thread remembers of opaque tokens, by server and digest; never the tokens themselves. */
export class IntrospectionMemory {
  readonly active = new TokenCache<ActiveToken>();
  /** Until when a token is refused without asking again, oldest first. */
  readonly #refused = new Map<string, { readonly problem: TokenProblem; readonly untilMs: number }>();
  readonly #calls = new Map<string, Promise<Found>>();

  /** Why a token is known to be of no use; null when it is not. */
  findRefused(key: string, nowMs: number): TokenProblem | null {
    const known = this.#refused.get(key);
    return known !== undefined && nowMs < known.untilMs ? known.problem : null;
  }

  /** Safety: a flood of random tokens pushes out only what was refused before. */
  refuse(key: string, problem: TokenProblem, untilMs: number): void {
    this.#refused.delete(key);
    if (this.#refused.size >= MAX_REFUSED) this.#refused.delete(this.#refused.keys().next().value as string);
    this.#refused.set(key, { problem, untilMs });
  }

  /** Makes one call of all that ask for the same at once. */
  share(key: string, call: () => Promise<Found>): Promise<Found> {
    const running = this.#calls.get(key);
    if (running !== undefined) return running;
    const started = call().finally(() => this.#calls.delete(key));
    this.#calls.set(key, started);
    return started;
  }
}

/** What the introspection of one route is made of. */
export interface IntrospectionParts {
  readonly server: IntrospectionServer;
  readonly rules: IntrospectionRules;
  readonly audience: ReadonlySet<string>;
  readonly cacheMs: number;
  readonly inactiveMs: number;
  readonly use: TokenUse;
  readonly memory: IntrospectionMemory;
  readonly port: TokenIntrospection;
  readonly clock: Clock;
}

/**
 * Authentication by opaque token: its authorization server is asked, and the answer remembered for a while.
 *
 * Cost: a repeated token is a hash and a lookup; a new one waits for the server.
 */
export class OpaqueTokens {
  readonly #parts: IntrospectionParts;
  readonly #refusals: Refusals;
  #unavailable: Decision | null = null;

  constructor(parts: IntrospectionParts, refusals: Refusals) {
    this.#parts = parts;
    this.#refusals = refusals;
  }

  verify(
    text: string,
    isDpop: boolean,
    ctx: RequestContext,
  ): Principal | Decision | Promise<Principal | Decision> {
    if (text.length > MAX_TOKEN_CHARS) return this.#refuse('length', isDpop);
    if (!TOKEN.test(text)) return this.#refuse('opaque-form', isDpop);
    const { memory, rules, clock } = this.#parts;
    const digest = createHash('sha256').update(text).digest('base64url');
    const key = `${rules.id} ${digest}`;
    const nowMs = clock.nowMs();
    const known = memory.active.find(key);
    if (known !== null && nowMs < this.#freshUntilMs(known))
      return this.#conclude(known, text, isDpop, digest, ctx);
    const refused = memory.findRefused(key, nowMs);
    if (refused !== null) return this.#refuse(refused, isDpop, digest, ctx);
    const asked = memory.share(key, () => this.#ask(text, key, digest));
    return asked.then((found) => this.#conclude(found, text, isDpop, digest, ctx));
  }

  async #ask(text: string, key: string, digest: string): Promise<Found> {
    const { port, server, rules, memory, clock, inactiveMs } = this.#parts;
    const answer = await port.introspect(server, text);
    if ('problem' in answer) return this.#denyFor(answer);
    const nowMs = clock.nowMs();
    const checked =
      answer.kind === 'inactive' ? 'inactive' : checkAnswer(answer.claims, rules, digest, nowMs);
    memory.active.delete(key);
    if (typeof checked === 'string') {
      if (inactiveMs > 0) memory.refuse(key, checked, nowMs + inactiveMs);
      return checked;
    }
    const found = { ...checked, saidAtMs: nowMs };
    if (this.#freshUntilMs(found) > nowMs) memory.active.put(key, found);
    return found;
  }

  /**
   * Until when an answer is used here: another route with the same rules may use it longer, or less long. Never beyond
   * `exp` itself: from then on the server is asked every time, whatever clocks may differ by.
   */
  #freshUntilMs({ saidAtMs, expiresMs }: ActiveToken): number {
    const { cacheMs, rules } = this.#parts;
    return Math.min(saidAtMs + cacheMs, expiresMs - rules.clockToleranceS * 1000);
  }

  /** Judges what depends on the route and on how the token came. */
  #conclude(
    found: Found,
    text: string,
    isDpop: boolean,
    digest: string,
    ctx: RequestContext,
  ): Principal | Decision | Promise<Principal | Decision> {
    if (found instanceof Decision) return found;
    if (typeof found === 'string') return this.#refuse(found, isDpop, digest, ctx);
    const { audience, use, clock } = this.#parts;
    if (audience.size > 0 && !found.audience.some((name) => audience.has(name)))
      return this.#refuse('audience', isDpop, digest, ctx);
    const untilMs = Math.min(found.expiresMs, clock.nowMs() + LONG_MS);
    const verdict = use.check({ ...found, expiresMs: untilMs }, text, isDpop, ctx);
    const settle = (late: TokenProblem | Decision | null): Principal | Decision => {
      if (late === null) return found.principal;
      return late instanceof Decision ? late : this.#refuse(late, isDpop, digest, ctx);
    };
    return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
  }

  #denyFor({ kind, problem }: Extract<IntrospectionAnswer, { readonly problem: string }>): Decision {
    if (this.#unavailable?.detail === problem) return this.#unavailable;
    const headers = kind === 'busy' ? ['Retry-After', '1'] : [];
    this.#unavailable = deny(kind === 'busy' ? 'authn.busy' : 'authn.unavailable', {
      detail: problem,
      headers,
    });
    return this.#unavailable;
  }

  /** The start of its digest names the token to the journal. */
  #refuse(problem: TokenProblem, isDpop: boolean, digest = '', ctx?: RequestContext): Decision {
    if (ctx !== undefined) ctx.claimedCredential = digest.slice(0, 8);
    return (isDpop ? this.#refusals.dpop : this.#refusals.token)[problem];
  }
}
