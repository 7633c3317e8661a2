import type { RequestContext } from '../../core/context.ts';
import type { LoginAttempt, LoginLimits } from '../../core/logins.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { networkOf, widthOf } from '../../lib/ip/address.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import type { LoginConfig } from './login.schema.ts';
import type { UserNamePlace } from './user-name.ts';

/** Methods whose requests are logins only where the operator says so. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What makes a request a login, and whose limits it has. */
export class LoginRules {
  readonly realm: string;
  readonly userName: UserNamePlace | null;
  readonly maxBodyBytes: number;
  readonly #methods: ReadonlySet<string> | null;
  readonly #isLogin: boolean;
  readonly #ipv6Prefix: number;
  readonly #limits: LoginLimits;
  readonly #shared = new CidrTrie<true>();
  readonly #sharedLimits: LoginLimits;

  constructor(config: LoginConfig, route: RouteFacts) {
    const realm = config.realm ?? route.apiId;
    // What is observed must block nobody elsewhere.
    this.realm = config.mode === 'observe' ? `${realm} (observed)` : realm;
    this.userName = placeOf(config);
    this.maxBodyBytes = config.maxBodyBytes;
    this.#methods = config.methods === undefined ? null : new Set(config.methods);
    this.#isLogin = config.failures !== undefined;
    this.#ipv6Prefix = config.ipv6Prefix;
    this.#limits = limitsOf(config, config.failures ?? 1, config.stuffing.userNames);
    const { shared } = config;
    this.#sharedLimits = limitsOf(config, shared?.failures ?? 1, shared?.userNames ?? 0);
    for (const text of shared?.addresses ?? []) this.#shared.insert(parseCidr(text) as Cidr, true);
  }

  isLogin(method: string): boolean {
    if (!this.#isLogin) return false;
    return this.#methods === null ? !SAFE_METHODS.has(method) : this.#methods.has(method);
  }

  attemptOf({ client }: RequestContext, userTag: string, nowMs: number): LoginAttempt {
    const bits = client.family === 4 ? widthOf(4) : this.#ipv6Prefix;
    return {
      realm: this.realm,
      address: networkOf(client, bits),
      bits,
      limits: this.#shared.find(client) === null ? this.#limits : this.#sharedLimits,
      userTag,
      beganAtMs: nowMs,
      reservation: 0,
    };
  }
}

function limitsOf(config: LoginConfig, failures: number, userNames: number): LoginLimits {
  const { windowS, blockS, stuffing } = config;
  return { failures, windowS, blockS, userNames, userNamesWindowS: stuffing.windowS };
}

function placeOf({ userName }: LoginConfig): UserNamePlace | null {
  if (userName === undefined) return null;
  const { field, pointer } = userName;
  const steps = pointer?.slice(1).split('/') ?? [field as string];
  return {
    field: field ?? null,
    steps:
      pointer === undefined ? steps : steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
  };
}
