import type { RequestContext } from '../../core/context.ts';
import type { Decision } from '../../core/decision.ts';
import type { Principal } from '../../core/principal.ts';
import { schemeOf, tokenOf } from './authorization-field.ts';
import type { OpaqueTokens } from './introspection.ts';
import type { JwtMethod } from './jwt.ts';
import type { CredentialMethod } from './method.ts';
import type { Refusals } from './refusals.ts';

/** What of an `introspection` entry its method needs beside the tokens themselves. */
export interface OpaqueEntry {
  /** Bit of the entry of the configuration. */
  readonly entry: number;
  readonly takesDpop: boolean;
  readonly tokens: OpaqueTokens;
}

/**
 * Authentication by the tokens of one header field, some of which an authorization server is asked about.
 *
 * Safety: a JWT that says it is of a configured issuer is verified here and nowhere else: when it does not verify, nobody
 * is asked about it.
 */
export class TokenMethod implements CredentialMethod {
  readonly #header: string;
  readonly #hasScheme: boolean;
  readonly #opaque: OpaqueEntry;
  readonly #jwt: JwtMethod | null;
  readonly #refusals: Refusals;

  constructor(header: string, opaque: OpaqueEntry, jwt: JwtMethod | null, refusals: Refusals) {
    this.#header = header;
    this.#hasScheme = header === 'authorization';
    this.#opaque = opaque;
    this.#jwt = jwt;
    this.#refusals = refusals;
  }

  find(ctx: RequestContext): string | null | Decision {
    const { headers } = ctx;
    const value = headers.get(this.#header);
    if (value === null) return null;
    if (headers.count(this.#header) > 1) return this.#refusals.ambiguousToken;
    if (!this.#hasScheme) return value;
    const scheme = schemeOf(value);
    const { otherScheme } = this.#refusals;
    if (scheme === 'dpop' && !this.#opaque.takesDpop) return this.#jwt?.find(ctx) ?? otherScheme;
    return scheme === null ? otherScheme : tokenOf(value, scheme);
  }

  verify(text: string, ctx: RequestContext): Principal | Decision | Promise<Principal | Decision> {
    const isDpop = this.#hasScheme && schemeOf(ctx.headers.get(this.#header) ?? '') === 'dpop';
    if (this.#jwt?.isFor(text) === true) {
      // A token that its own kind does not take with this scheme is not taken as if it came with another.
      const isTaken = typeof this.#jwt.find(ctx) === 'string';
      return isTaken ? this.#jwt.verify(text, ctx) : this.#refusals.token['dpop-off'];
    }
    if (isDpop && !this.#opaque.takesDpop) return this.#refusals.token['dpop-off'];
    return this.#opaque.tokens.verify(text, isDpop, ctx);
  }

  entriesOf(principal: Principal): number {
    if (principal.method === 'introspection') return this.#opaque.entry;
    return this.#jwt?.entriesOf(principal) ?? 0;
  }
}
