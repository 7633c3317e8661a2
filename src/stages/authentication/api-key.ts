import type { RequestContext } from '../../core/context.ts';
import { type Decision, deny } from '../../core/decision.ts';
import type { ApiKeyRecord, ApiKeys, Clock } from '../../core/ports.ts';
import { NO_ATTRIBUTES, Principal } from '../../core/principal.ts';
import { parseApiKey, shownPrefix } from '../../lib/apikey/key-format.ts';
import { matchesSecret } from '../../lib/apikey/secret-hash.ts';
import { findCookie } from '../../lib/http/cookies.ts';
import { findParameter } from '../../lib/uri/query.ts';
import type { ApiKeyConfig } from './api-key.schema.ts';
import type { CredentialMethod } from './method.ts';
import type { KeyProblem, Refusals } from './refusals.ts';

/** Compared with when no record has the id, so that the time of a refusal does not tell which ids exist. */
const NO_SALT = '00'.repeat(16);
const NO_HASH = '00'.repeat(32);

const principals = new WeakMap<ApiKeyRecord, Principal>();

/** The principal of a record, made once per record and thread. */
function principalOf(record: ApiKeyRecord): Principal {
  let principal = principals.get(record);
  if (principal === undefined) {
    principal = new Principal({
      type: 'key',
      method: 'apiKey',
      methods: 'apiKey',
      subject: record.owner,
      credentialId: record.id,
      keyId: record.id,
      clientId: record.clientId,
      issuer: '',
      scopes: new Set(record.scopes),
      roles: new Set(record.roles),
      attributes: NO_ATTRIBUTES,
      tier: record.tier,
      grant: record.grant,
      keyLimits: record.limits,
      counterKey: `key:${record.id}`,
    });
    principals.set(record, principal);
  }
  return principal;
}

/**
 * Authentication by API key.
 *
 * Cost: 1 µs for the checksum and the hash, more than for finding the record.
 */
export class ApiKeyMethod implements CredentialMethod {
  readonly #entry: number;
  readonly #header: string;
  readonly #query: string | null;
  readonly #cookie: string | null;
  readonly #apiKeys: ApiKeys;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  /** The last one that was built: the sentence seldom changes. */
  #unavailable: Decision | null = null;

  constructor(
    config: ApiKeyConfig,
    entry: number,
    ports: { apiKeys: ApiKeys; clock: Clock },
    refusals: Refusals,
  ) {
    this.#entry = entry;
    this.#header = config.header.toLowerCase();
    this.#query = config.query ?? null;
    this.#cookie = config.cookie ?? null;
    this.#apiKeys = ports.apiKeys;
    this.#clock = ports.clock;
    this.#refusals = refusals;
  }

  find(ctx: RequestContext): string | null | Decision {
    const { names, values } = ctx.headers;
    const at = names.indexOf(this.#header);
    if (at >= 0 && names.indexOf(this.#header, at + 1) >= 0) return this.#refusals.ambiguousKey;
    const key = at < 0 ? null : (values[at] as string);
    return this.#query === null && this.#cookie === null ? key : this.#findElsewhere(ctx, key);
  }

  /** The key from header, query or cookie; two places are ambiguous, even with the same key in both. */
  #findElsewhere(ctx: RequestContext, fromHeader: string | null): string | null | Decision {
    let key = fromHeader;
    let places = fromHeader === null ? 0 : 1;
    if (this.#query !== null) {
      const { count, value } = findParameter(ctx.query, this.#query);
      places += count;
      if (count > 0) key = value;
    }
    if (this.#cookie !== null) {
      const { count, value } = findCookie(ctx.headers, this.#cookie);
      places += count;
      if (count > 0) key = value;
    }
    return places > 1 ? this.#refusals.ambiguousKey : key;
  }

  verify(text: string, ctx: RequestContext): Principal | Decision {
    const key = parseApiKey(text);
    if (key === null) return this.#refuse('form', text, ctx);
    const problem = this.#apiKeys.problem();
    if (problem !== '') return this.#unavailableBecause(problem, text, ctx);
    const record = this.#apiKeys.find(key.id);
    const matches = matchesSecret(key.secret, record?.salt ?? NO_SALT, record?.hash ?? NO_HASH);
    if (record === null) return this.#refuse('unknown', text, ctx);
    if (!matches) return this.#refuse('secret', text, ctx);
    if (record.revokedAtMs !== 0) return this.#refuse('revoked', text, ctx);
    if (record.expiresAtMs !== 0 && this.#clock.nowMs() >= record.expiresAtMs) {
      return this.#refuse('expired', text, ctx);
    }
    return principalOf(record);
  }

  entriesOf(): number {
    return this.#entry;
  }

  #unavailableBecause(problem: string, text: string, ctx: RequestContext): Decision {
    ctx.claimedCredential = shownPrefix(text);
    const detail = `API keys cannot be verified. ${problem}`;
    if (this.#unavailable?.detail !== detail) this.#unavailable = deny('authn.unavailable', { detail });
    return this.#unavailable;
  }

  #refuse(problem: KeyProblem, text: string, ctx: RequestContext): Decision {
    ctx.claimedCredential = shownPrefix(text);
    return this.#refusals.key[problem];
  }
}
