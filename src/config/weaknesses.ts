import type { Stage } from '../core/stage.ts';
import { formatIp } from '../lib/ip/address.ts';
import { parseCidr } from '../lib/ip/cidr.ts';
import { type AuthenticationConfig, isAnonymous } from '../stages/authentication/authentication.schema.ts';
import { issuerWeaknesses } from '../stages/authentication/issuer.schema.ts';
import { STAGES, type StageRow } from '../stages/index.ts';
import type { AddressLimitConfig, RateLimitConfig } from '../stages/ratelimit/ratelimit.schema.ts';
import { parseRedisUrl } from '../stores/redis/redis-url.ts';
import { isLocalHost } from '../stores/sql/postgres-url.ts';
import { type StageBlocks, sourcePointer } from './blocks.ts';
import type { ApiConfig, GatewayConfig, ListenerConfig, RouteSettings } from './config.ts';
import { oauthWeaknesses } from './oauth-weaknesses.ts';
import { isLoopback } from './services.schema.ts';

/** A setting that works and protects less than it could. */
export interface WeakSetting {
  /** JSON pointer into the configuration. */
  readonly pointer: string;
  readonly message: string;
  /** `weak` lowers protection; `note` is worth knowing. */
  readonly level: 'weak' | 'note';
}

/** With more, a revocation that has to wait for a silent gateway takes longer than a minute. */
const LONGEST_STALE_S = 55;
/** Prefixes shorter than this trust more networks than one operator has. */
const WIDE_BITS = { 4: 8, 6: 16 } as const;

/** Lists what weakens protection in a valid configuration; `typedSecrets` are those of the `LoadResult`. */
export function findWeaknesses(
  config: GatewayConfig,
  typedSecrets: readonly string[] = [],
  rows: readonly StageRow[] = STAGES,
): WeakSetting[] {
  const found = [
    ...typedSecrets.map((pointer) =>
      weak(pointer, 'A secret is written into the configuration; refer to it as `${env:…}` or `${file:…}`.'),
    ),
    ...globalWeaknesses(config),
    ...config.listeners.flatMap((listener, at) => listenerWeaknesses(listener, `/listeners/${at}`, config)),
    ...config.listeners.flatMap((listener, at) => certificateNotes(listener, `/listeners/${at}`)),
    ...config.issuers.flatMap((issuer, at) =>
      issuerWeaknesses(issuer).map(({ pointer, message }) => weak(`/issuers/${at}${pointer}`, message)),
    ),
    ...sharedSecretNotes(config),
    ...(config.oauth === undefined ? [] : oauthWeaknesses(config.oauth)).map(({ pointer, message }) =>
      weak(`/oauth${pointer}`, message),
    ),
    ...config.apis.filter(({ isBuiltIn }) => !isBuiltIn).flatMap((api) => apiWeaknesses(api, rows)),
  ];
  // What several routes inherit is one setting.
  return [...new Map(found.map((entry) => [`${entry.pointer}\n${entry.message}`, entry])).values()];
}

function weak(pointer: string, message: string): WeakSetting {
  return { pointer, message, level: 'weak' };
}

function note(pointer: string, message: string): WeakSetting {
  return { pointer, message, level: 'note' };
}

function globalWeaknesses(config: GatewayConfig): WeakSetting[] {
  const { paths, journal, limits } = config;
  const OTHER_PATH = 'the upstream may read another path than the one that was checked.';
  const found: WeakSetting[] = [];
  if (paths.encodedSlash === 'keep')
    found.push(weak('/paths/encodedSlash', `\`%2F\` is passed on: ${OTHER_PATH}`));
  if (paths.backslash === 'slash')
    found.push(weak('/paths/backslash', `Backslashes are read as slashes: ${OTHER_PATH}`));
  if (paths.semicolon === 'keep') found.push(weak('/paths/semicolon', `\`;\` is passed on: ${OTHER_PATH}`));
  if (paths.matchCase === 'exact') {
    const message = 'An upstream that ignores case serves `/Search` without the settings of `/search`.';
    found.push(weak('/paths/matchCase', message));
  }
  if (journal.onFailure === 'continue') {
    found.push(
      weak('/journal/onFailure', 'Requests pass without a record while the journal cannot be written.'),
    );
  }
  if (limits.bodyMinBytesPerS === 0) {
    found.push(weak('/limits/bodyMinBytesPerS', 'Clients may send bodies as slowly as they like.'));
  }
  return [
    ...found,
    ...storeWeaknesses(config),
    ...counterWeaknesses(config),
    ...config.trustedProxies.flatMap(proxyWeaknesses),
  ];
}

/** A server that makes its own secret is alone with its database. */
function sharedSecretNotes({ oauth, store: { location } }: GatewayConfig): WeakSetting[] {
  if (oauth === undefined || oauth.secret !== undefined || location.kind !== 'postgres') return [];
  const message =
    'The secret of the authorization server is made on this machine: a second gateway on the database needs `secret`.';
  return [note('/oauth', message)];
}

function storeWeaknesses({ store: { location, maxStaleS } }: GatewayConfig): WeakSetting[] {
  if (location.kind !== 'postgres') return [];
  const { host, sslMode } = location.address;
  const found: WeakSetting[] = [];
  if (!isLocalHost(host) && sslMode === 'disable')
    found.push(
      weak('/store/url', 'Password and records go to the database in clear: `sslmode` is `disable`.'),
    );
  if (!isLocalHost(host) && sslMode === 'require') {
    const message = 'Anyone in between can be the database: `sslmode=require` verifies no certificate.';
    found.push(weak('/store/url', message));
  }
  if (maxStaleS > LONGEST_STALE_S) {
    const message = `A gateway that is cut off from the database accepts revoked API keys for up to ${maxStaleS} s.`;
    found.push(weak('/store/maxStaleS', message));
  }
  return found;
}

function counterWeaknesses({ counters: { url, password, onFailure } }: GatewayConfig): WeakSetting[] {
  const address = parseRedisUrl(url);
  if (address === null) return [];
  const found: WeakSetting[] = [];
  const isNear = address.nodes.every(({ host }) => isLoopback(host));
  if (!isNear && !address.isSecure)
    found.push(weak('/counters/url', 'Redis is spoken to in clear: use `rediss:`.'));
  if (!isNear && password === undefined)
    found.push(
      weak(
        '/counters/url',
        'Redis asks for no password: whoever reaches it can forget used tokens and requests.',
      ),
    );
  if (onFailure === 'local') {
    const message = 'While Redis cannot be used, a token that works once works once at every gateway.';
    found.push(weak('/counters/onFailure', message));
  }
  return found;
}

function proxyWeaknesses(text: string, at: number): WeakSetting[] {
  const cidr = parseCidr(text);
  if (cidr === null || cidr.bits >= WIDE_BITS[cidr.ip.family]) return [];
  const network = `${formatIp(cidr.ip)}/${cidr.bits}`;
  const message = `Everyone in ${network} is believed about client addresses; list the proxies themselves.`;
  return [weak(`/trustedProxies/${at}`, message)];
}

/** Certificates are no secret: whoever may pass them on can be any client. */
function certificateNotes({ clientCertificates, name }: ListenerConfig, pointer: string): WeakSetting[] {
  if (clientCertificates?.fromTrustedProxies !== true) return [];
  const message = `Whoever connects to the listener \`${name}\` from \`trustedProxies\` can claim the certificate of any client.`;
  return [note(`${pointer}/clientCertificates/fromTrustedProxies`, message)];
}

function listenerWeaknesses(listener: ListenerConfig, pointer: string, config: GatewayConfig): WeakSetting[] {
  if (listener.tls !== undefined || listener.redirectToHttps !== null || isLoopback(listener.host)) return [];
  const routes: RouteSettings[] = config.apis.flatMap((api) => [api, ...api.endpoints]);
  if (!routes.some(({ blocks }) => authenticates(blocks))) return [];
  const message = `Credentials are sent to the listener \`${listener.name}\` in clear: it has no \`tls\``;
  return config.trustedProxies.length === 0
    ? [weak(pointer, `${message}.`)]
    : [note(pointer, `${message}; the trusted proxies must speak TLS with clients.`)];
}

function authenticates(blocks: StageBlocks): boolean {
  const block = blocks.get('authenticate');
  return block !== undefined && !isAnonymous(block.config as AuthenticationConfig);
}

function apiWeaknesses(api: ApiConfig, rows: readonly StageRow[]): WeakSetting[] {
  const found = [api, ...api.endpoints].flatMap((route) =>
    rows.flatMap(({ stage }) => stageWeaknesses(stage, route)),
  );
  if (api.upstream.tls?.verify === false) {
    const message = 'The certificate of the upstream is not verified: anyone in between can read and change.';
    found.push(weak(`${api.pointer}/upstream/tls/verify`, message));
  }
  if (!isLimited(api.blocks))
    found.push(note(api.pointer, `No rate limit applies to the API \`${api.id}\` as a whole.`));
  return found;
}

/** The mode of a stage of which the configuration says nothing. */
// biome-ignore lint/suspicious/noExplicitAny: each stage has its own configuration type
function shippedMode(stage: Stage<any>): string {
  const { data } = stage.schema.safeParse({});
  return data?.mode ?? 'enforce';
}

// biome-ignore lint/suspicious/noExplicitAny: each stage has its own configuration type
function stageWeaknesses(stage: Stage<any>, route: RouteSettings): WeakSetting[] {
  const block = route.blocks.get(stage.key);
  if (block === undefined) return [];
  const own = stage.weaknesses?.(block.config) ?? [];
  const at = (pointer: string) => sourcePointer(block.sources, pointer) || route.pointer;
  const found = own.map(({ pointer, message }) => weak(at(pointer), message));
  const { mode } = block.config;
  if (mode !== shippedMode(stage) && mode !== 'enforce' && !own.some(({ pointer }) => pointer === '/mode')) {
    const what = mode === 'off' ? 'is off' : 'only observes: nothing is refused';
    found.push(note(at('/mode'), `\`${stage.key}\` ${what}.`));
  }
  return found;
}

function isLimited(blocks: StageBlocks): boolean {
  const address = blocks.get('addressLimit')?.config as AddressLimitConfig | undefined;
  const caller = blocks.get('rateLimit')?.config as RateLimitConfig | undefined;
  if (caller?.mode === 'enforce' && (caller.tier ?? caller.preset ?? caller.limits[0]) !== undefined)
    return true;
  return [address, caller].some((block) => {
    if (block?.mode !== 'enforce') return false;
    return [block.perMinute, block.perHour, block.perDay].some((limit) => limit !== undefined);
  });
}
