import type {
  BehaviourBlock,
  BehaviourRule,
  Behaviours,
  SeenRequest,
  WatchedClient,
} from '../../core/behaviour.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Clock, Ports } from '../../core/ports.ts';
import type { Check, Finisher } from '../../core/stage.ts';
import { lookAtTarget } from '../../lib/behaviour/object-path.ts';
import { clientTextOf, type Ip } from '../../lib/ip/address.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import type { BehaviourConfig } from './behaviour.schema.ts';
import { isPrivilegedPath } from './privileged-path.ts';

const WORDS: Readonly<Record<BehaviourRule, string>> = {
  guessing: 'identifiers were guessed',
  walking: 'identifiers were walked through',
  probing: 'privileged paths were probed',
  scraping: 'objects were scraped',
};

/** Refusals that say something about what a client tries; others are about how often, or about who asks. */
const TELLING = new Set(['authorization', 'proxy']);

/**
 * Keeps those out whom the finisher found, and looks at what becomes of every request.
 *
 * Safety: a request counts for a principal only when authentication verified it; what merely claims to be somebody counts for its
 * address. So nobody can get another's key blocked. 401 counts for nothing: a client whose token has ended asks like one that guesses.
 */
export class BehaviourCheck implements Check, Finisher {
  readonly #config: BehaviourConfig;
  readonly #scope: string;
  readonly #behaviours: Behaviours;
  readonly #clock: Clock;
  readonly #notices: Ports['notices'];
  readonly #except = new CidrTrie<true>();
  readonly #labels = new WeakMap<Ip, string>();
  readonly #seen: { -readonly [Key in keyof SeenRequest]: SeenRequest[Key] } = {
    object: { template: 0, object: 0, ordinal: -1 },
    outcome: 'other',
    isPrivileged: false,
  };

  constructor(
    config: BehaviourConfig,
    scope: string,
    ports: Pick<Ports, 'behaviours' | 'clock' | 'notices'>,
  ) {
    this.#config = config;
    this.#scope = scope;
    this.#behaviours = ports.behaviours;
    this.#clock = ports.clock;
    this.#notices = ports.notices;
    for (const text of config.except) this.#except.insert(parseCidr(text) as Cidr, true);
  }

  run(ctx: RequestContext): Decision {
    if (this.#except.find(ctx.client) !== null) return CONTINUE;
    const nowMs = this.#clock.nowMs();
    const block = this.#behaviours.blockOf(this.#clientOf(ctx), nowMs);
    return block === null ? CONTINUE : refuse(block, nowMs);
  }

  finish(ctx: RequestContext): void {
    const seen = this.#look(ctx);
    if (seen === null || this.#except.find(ctx.client) !== null) return;
    const client = this.#clientOf(ctx);
    const nowMs = this.#clock.nowMs();
    const found = this.#behaviours.note(client, seen, this.#config, nowMs);
    if (found === null) return;
    const { rule, count, untilMs } = found;
    const isBlock = untilMs > 0 && this.#config.mode === 'enforce';
    this.#notices.raise({
      kind: isBlock ? 'behaviour.blocked' : 'behaviour.seen',
      dedupeKey: `${rule} ${client.scope} ${client.label} ${nowMs}`.slice(0, 200),
      payload: {
        rule,
        what: WORDS[rule],
        api: client.scope,
        client: client.label,
        count,
        until: isBlock ? new Date(untilMs).toISOString() : '',
        requestId: ctx.id,
      },
    });
  }

  /** What a request says about its client; null when nothing. */
  #look(ctx: RequestContext): SeenRequest | null {
    if (ctx.method === 'OPTIONS') return null;
    const decider = ctx.decidedAt < 0 ? 'proxy' : (ctx.ran[ctx.decidedAt]?.stage ?? 'proxy');
    if (!TELLING.has(decider)) return null;
    const { responseStatus: status } = ctx;
    const seen = this.#seen;
    seen.outcome = outcomeOf(status);
    lookAtTarget(ctx.path, ctx.query, seen.object);
    seen.isPrivileged = (status === 401 || status === 403 || status === 404) && isPrivilegedPath(ctx.path);
    const isTelling =
      seen.outcome === 'forbidden' ||
      seen.isPrivileged ||
      (seen.object.object !== 0 && seen.outcome !== 'other');
    return isTelling ? seen : null;
  }

  #clientOf({ principal, client }: RequestContext): WatchedClient {
    if (principal !== null)
      return { scope: this.#scope, key: principal.counterKey, label: principal.subject };
    const known = this.#labels.get(client);
    const label = known ?? clientTextOf(client);
    if (known === undefined) this.#labels.set(client, label);
    return { scope: this.#scope, key: `ip ${label}`, label };
  }
}

function outcomeOf(status: number): SeenRequest['outcome'] {
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'missing';
  return status >= 200 && status < 300 ? 'read' : 'other';
}

function refuse({ rule, untilMs }: BehaviourBlock, nowMs: number): Decision {
  const seconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
  return deny('behaviour.blocked', {
    detail: `${WORDS[rule]}, so the client is kept out until ${new Date(untilMs).toISOString()}`,
    headers: ['Retry-After', String(seconds)],
    members: { retry_after: seconds },
  });
}
