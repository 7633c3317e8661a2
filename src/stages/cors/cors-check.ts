import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, Decision, deny } from '../../core/decision.ts';
import type { Check } from '../../core/stage.ts';
import type { CorsConfig } from './cors.schema.ts';
import { parseOrigin } from './origin.ts';
import { methodsOf, type OriginGrant, OriginGrants } from './origin-grants.ts';
import { areHeadersAllowed } from './requested-headers.ts';

const SEVERAL = deny('cors.origin', { detail: 'more than one Origin field' });
const MALFORMED = deny('cors.origin', { detail: 'the Origin field is not an origin' });
const OPAQUE = deny('cors.origin', { detail: 'the origin "null" is not listed' });
const UNLISTED = deny('cors.origin');
const METHOD = deny('cors.method', { detail: 'the method is not listed' });
const REQUESTED_METHOD = deny('cors.method', { detail: 'the requested method is not listed' });
const HEADER = deny('cors.header', { detail: 'a requested header field is not listed' });

const PREFLIGHT_FIELDS = 'Access-Control-Request-Method, Access-Control-Request-Headers';

/** Judges cross-origin requests and answers preflights. */
export class CorsCheck implements Check {
  readonly #grants: OriginGrants;
  readonly #methods: ReadonlySet<string>;
  readonly #headers: ReadonlySet<string>;
  /** Whether answers depend on the Origin: not where every origin gets the same. */
  readonly #varies: boolean;

  constructor(config: CorsConfig) {
    this.#grants = new OriginGrants(config);
    this.#methods = new Set(methodsOf(config));
    this.#headers = new Set(config.headers.map((name) => name.toLowerCase()));
    this.#varies = !config.origins.includes('*');
  }

  run(ctx: RequestContext): Decision {
    this.#addVary(ctx, ctx.addedHeaders);
    const { names, values } = ctx.headers;
    const at = names.indexOf('origin');
    if (at < 0) return CONTINUE;
    if (names.indexOf('origin', at + 1) >= 0) return SEVERAL;
    const origin = values[at] as string;
    const grant = this.#grants.find(origin);
    if (grant === null) return isOwnOrigin(origin, ctx) ? CONTINUE : refusalOf(origin);
    if (isPreflight(ctx)) return this.#answerPreflight(ctx, grant);
    addAll(ctx.addedHeaders, grant.headers);
    // An OPTIONS that is no preflight is the upstream's to answer.
    return this.#methods.has(ctx.method) || ctx.method === 'OPTIONS' ? CONTINUE : METHOD;
  }

  /** The flat fields that a refusal needs when it came before this check ran, so that the page can read it. */
  fieldsFor(ctx: RequestContext): string[] {
    const flat: string[] = [];
    this.#addVary(ctx, flat);
    if (isPreflight(ctx) || ctx.headers.count('origin') !== 1) return flat;
    const grant = this.#grants.find(ctx.headers.get('origin') as string);
    if (grant !== null) addAll(flat, grant.headers);
    return flat;
  }

  /** Fetch, "CORS protocol and HTTP caches": also where no Origin was sent, or a cache gives that answer to all. */
  #addVary(ctx: RequestContext, flat: string[]): void {
    const isOptions = ctx.method === 'OPTIONS';
    if (this.#varies) flat.push('Vary', isOptions ? `Origin, ${PREFLIGHT_FIELDS}` : 'Origin');
    else if (isOptions) flat.push('Vary', PREFLIGHT_FIELDS);
  }

  /** Fetch, 4.8. Access to private networks is asked for by a field of its own, which is never answered. */
  #answerPreflight(ctx: RequestContext, grant: OriginGrant): Decision {
    if (ctx.headers.count('access-control-request-method') !== 1) return REQUESTED_METHOD;
    if (!this.#methods.has(ctx.headers.get('access-control-request-method') as string))
      return REQUESTED_METHOD;
    const requested = ctx.headers.joined('access-control-request-headers');
    if (requested !== null && !areHeadersAllowed(requested, this.#headers)) return HEADER;
    return grant.preflight;
  }
}

function isPreflight(ctx: RequestContext): boolean {
  return (
    ctx.method === 'OPTIONS' && ctx.headers.has('access-control-request-method') && ctx.headers.has('origin')
  );
}

/** Whether the origin is that of the API itself: browsers also send it with their own POST. */
function isOwnOrigin(text: string, ctx: RequestContext): boolean {
  const origin = parseOrigin(text);
  if (origin === null || ctx.authority === '') return false;
  return origin.text === parseOrigin(`${ctx.secure ? 'https' : 'http'}://${ctx.authority}`)?.text;
}

/** Cost: shares the ready-made problem document; only the detail for the journal is new. */
function refusalOf(text: string): Decision {
  if (text === 'null') return OPAQUE;
  const origin = parseOrigin(text);
  if (origin === null) return MALFORMED;
  const { effect, reason, status, headers, problem } = UNLISTED;
  return new Decision(effect, reason, status, headers, problem, `${origin.text} is not listed`);
}

function addAll(flat: string[], more: readonly string[]): void {
  for (let i = 0; i < more.length; i++) flat.push(more[i] as string);
}
