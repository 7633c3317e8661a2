import type { RequestContext } from '../../core/context.ts';
import type { Decision } from '../../core/decision.ts';
import type { Clock, ReplayCache, ReplayVerdict } from '../../core/ports.ts';
import { NO_ATTRIBUTES, Principal } from '../../core/principal.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import { parseSecret, presetScheme, type WebhookScheme } from '../../lib/webhook/scheme.ts';
import { readPrefixed } from '../../lib/webhook/signature-header.ts';
import { compileTemplate } from '../../lib/webhook/signed-text.ts';
import { findMatch, signWithAll } from '../../lib/webhook/verify-signature.ts';
import type { CredentialMethod } from './method.ts';
import type { Refusals } from './refusals.ts';
import { denyForReplay } from './replay-refusals.ts';
import type { WebhookConfig, WebhookSecret } from './webhook.schema.ts';
import type { WebhookProblem } from './webhook-problems.ts';

/** All messages share one scope: what was accepted by one route is not new to another. */
const SCOPE = 'webhook';
const NO_BODY = Buffer.alloc(0);
/** Epoch seconds before the year 5138, without sign, fraction or leading zero. */
const TIMESTAMP = /^[1-9][0-9]{0,10}$/;
const ID = /^[!-~]{1,256}$/;

/** The scheme that a configuration names or describes. */
export function schemeOf(config: WebhookConfig): WebhookScheme {
  const { scheme, header, prefix = '', encoding = 'hex', timestampHeader = '', idHeader = '' } = config;
  if (scheme !== 'hmac-sha256') return presetScheme(scheme);
  return {
    signatureHeader: header.toLowerCase(),
    timestampHeader: timestampHeader.toLowerCase(),
    idHeader: idHeader.toLowerCase(),
    read: readPrefixed(prefix, encoding),
    text: compileTemplate(config.signed ?? (timestampHeader === '' ? '{body}' : '{timestamp}.{body}')),
  };
}

/** What the head of a request says of its signature; nothing of it is verified. */
interface ClaimedMessage {
  readonly signatures: readonly Buffer[];
  /** What is signed in front of the body. */
  readonly prefix: string;
  /** When the message becomes useless by itself, or is forgotten. */
  readonly untilMs: number;
}

function principalOf(config: WebhookConfig, name: string, secret: WebhookSecret): Principal {
  return new Principal({
    type: 'webhook',
    method: 'webhook',
    methods: 'webhook',
    subject: name,
    credentialId: secret.id,
    keyId: '',
    clientId: '',
    issuer: '',
    scopes: new Set(config.scopes),
    roles: new Set(config.roles),
    attributes: NO_ATTRIBUTES,
    tier: config.tier,
    grant: null,
    counterKey: `webhook:${name}`,
  });
}

/**
 * Authentication of webhooks: an HMAC-SHA256 over the body as it was received.
 *
 * Cost: one HMAC over the body per secret.
 * Safety: a message is known again by what its signatures would be under every secret, whatever was sent as its
 * signature, so that neither another spelling nor the second one of two valid signatures makes it new.
 */
export class WebhookMethod implements CredentialMethod {
  readonly #config: WebhookConfig;
  readonly #entry: number;
  readonly #scheme: WebhookScheme;
  readonly #sources: CidrTrie<true> | null;
  readonly #keys: readonly Buffer[];
  readonly #principals: readonly Principal[];
  readonly #clock: Clock;
  readonly #replay: ReplayCache;
  readonly #refusals: Refusals;
  /** The messages of requests whose answer is not known yet. */
  readonly #claimed = new WeakMap<RequestContext, readonly string[]>();

  constructor(
    config: WebhookConfig,
    entry: number,
    apiId: string,
    ports: { clock: Clock; replay: ReplayCache },
    refusals: Refusals,
  ) {
    this.#config = config;
    this.#entry = entry;
    this.#scheme = schemeOf(config);
    this.#sources = config.sources.length === 0 ? null : new CidrTrie<true>();
    for (const text of config.sources) this.#sources?.insert(parseCidr(text) as Cidr, true);
    this.#keys = config.secrets.map(
      ({ secret, encoding }) => parseSecret(secret, config.scheme, encoding) as Buffer,
    );
    this.#principals = config.secrets.map((secret) => principalOf(config, config.name || apiId, secret));
    this.#clock = ports.clock;
    this.#replay = ports.replay;
    this.#refusals = refusals;
  }

  get maxBodyBytes(): number {
    return this.#config.maxBodyBytes;
  }

  find({ headers }: RequestContext): string | null | Decision {
    const { signatureHeader } = this.#scheme;
    if (headers.count(signatureHeader) > 1) return this.#refusals.webhook.ambiguous;
    return headers.get(signatureHeader);
  }

  examineHead(credential: string, ctx: RequestContext): Decision | null {
    const message = this.#read(credential, ctx);
    if (typeof message === 'string') return this.#refusals.webhook[message];
    return ctx.contentLength > this.#config.maxBodyBytes ? this.#refusals.webhook.length : null;
  }

  verify(credential: string, ctx: RequestContext): Principal | Decision | Promise<Principal | Decision> {
    const message = this.#read(credential, ctx);
    if (typeof message === 'string') return this.#refusals.webhook[message];
    const body = ctx.body ?? NO_BODY;
    if (body.length > this.#config.maxBodyBytes) return this.#refusals.webhook.length;
    const macs = signWithAll(this.#keys, message.prefix, body);
    const matched = findMatch(macs, message.signatures);
    if (matched < 0) return this.#refusals.webhook.signature;
    const { fromMs, untilMs } = this.#config.secrets[matched] as WebhookSecret;
    const nowMs = this.#clock.nowMs();
    if (nowMs < fromMs || nowMs >= untilMs) return this.#refusals.webhook['secret-dates'];
    const principal = this.#principals[matched] as Principal;
    if (this.#config.replay === 'allow') return principal;
    const ids = macs.map((mac) => mac.toString('base64'));
    return this.#claimFrom(0, ids, message.untilMs, principal, ctx);
  }

  entriesOf(): number {
    return this.#entry;
  }

  /** Forgets the message of a request that was not answered with success, so that its sender can try again. */
  async release(ctx: RequestContext): Promise<void> {
    const ids = this.#claimed.get(ctx);
    if (ids === undefined) return;
    this.#claimed.delete(ctx);
    for (const id of ids) await this.#replay.forget(SCOPE, id);
  }

  /** Whether a request brought a message that is not settled. */
  holds(ctx: RequestContext): boolean {
    return this.#claimed.has(ctx);
  }

  /** Reads the fields of the scheme, or says what is wrong with them. */
  #read(credential: string, { headers, client }: RequestContext): ClaimedMessage | WebhookProblem {
    if (this.#sources !== null && this.#sources.find(client) === null) return 'source';
    const { read, text, timestampHeader, idHeader } = this.#scheme;
    if (headers.count(timestampHeader) > 1 || headers.count(idHeader) > 1) return 'ambiguous';
    const claimed = read(credential);
    if (claimed === null) return 'form';
    const timestamp = timestampHeader === '' ? claimed.timestamp : headers.get(timestampHeader);
    const id = idHeader === '' ? '' : headers.get(idHeader);
    if (timestamp === null || id === null) return 'fields';
    if (text.usesTimestamp && !TIMESTAMP.test(timestamp)) return 'timestamp';
    if (text.usesId && (!ID.test(id) || id.includes(text.afterId))) return 'id';
    const untilMs = this.#useUntilMs(text.usesTimestamp ? Number(timestamp) : null);
    if (typeof untilMs === 'string') return untilMs;
    return { signatures: claimed.signatures, prefix: text.prefix(timestamp, id), untilMs };
  }

  /** Until when a message sent at that time is of use; or that it is not now. Null is a scheme without time. */
  #useUntilMs(sentS: number | null): number | WebhookProblem {
    const nowMs = this.#clock.nowMs();
    const { toleranceS, replayWindowS } = this.#config;
    if (sentS === null) return nowMs + replayWindowS * 1000;
    if (nowMs > (sentS + toleranceS) * 1000) return 'stale';
    if (nowMs < (sentS - toleranceS) * 1000) return 'ahead';
    // A millisecond later than the last in which it is accepted.
    return (sentS + toleranceS) * 1000 + 1;
  }

  /** Claims the message under every secret, in their order, which is the same for everyone who claims it. */
  #claimFrom(
    start: number,
    ids: readonly string[],
    untilMs: number,
    principal: Principal,
    ctx: RequestContext,
  ): Principal | Decision | Promise<Principal | Decision> {
    for (let at = start; at < ids.length; at++) {
      const verdict = this.#replay.once(SCOPE, ids[at] as string, untilMs);
      if (verdict instanceof Promise) return this.#claimAfter(verdict, at, ids, untilMs, principal, ctx);
      if (verdict !== 'accepted') return this.#refuseClaim(verdict, ids.slice(0, at), ctx);
    }
    this.#claimed.set(ctx, ids);
    return principal;
  }

  async #claimAfter(
    pending: Promise<ReplayVerdict>,
    at: number,
    ids: readonly string[],
    untilMs: number,
    principal: Principal,
    ctx: RequestContext,
  ): Promise<Principal | Decision> {
    const verdict = await pending;
    if (verdict !== 'accepted') return this.#refuseClaim(verdict, ids.slice(0, at), ctx);
    return this.#claimFrom(at + 1, ids, untilMs, principal, ctx);
  }

  /** What was claimed already is left to be taken back with the refusal. */
  #refuseClaim(
    verdict: Exclude<ReplayVerdict, 'accepted'>,
    claimed: readonly string[],
    ctx: RequestContext,
  ): Decision {
    if (claimed.length > 0) this.#claimed.set(ctx, claimed);
    if (verdict === 'replayed') return this.#refusals.webhook.replayed;
    return denyForReplay(verdict, this.#replay.problem);
  }
}
