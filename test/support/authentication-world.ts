import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { NO_ATTACK } from '../../src/core/attack.ts';
import type { ClientCertificate } from '../../src/core/certificate.ts';
import { RequestContext } from '../../src/core/context.ts';
import { UNWATCHED } from '../../src/core/load.ts';
import type { Notice } from '../../src/core/notices.ts';
import type { ApiKeyRecord, KeySets, Ports, VerificationKey } from '../../src/core/ports.ts';
import { NO_RULES } from '../../src/core/rule-sets.ts';
import type { IssuerFacts, RouteFacts } from '../../src/core/stage.ts';
import { NO_TRUST } from '../../src/core/trust.ts';
import { UNGOVERNED } from '../../src/core/waf.ts';
import { generateApiKey } from '../../src/lib/apikey/key-format.ts';
import { hashSecret } from '../../src/lib/apikey/secret-hash.ts';
import { formatIp, type Ip, parseIp } from '../../src/lib/ip/address.ts';
import { parseTarget, type Target } from '../../src/lib/uri/target.ts';
import { MemoryRevokedTokens } from '../../src/stores/memory/revoked-tokens.ts';
import { createBehaviourTable } from '../../src/stores/shared/behaviour-table.ts';
import { createLoginTable } from '../../src/stores/shared/login-table.ts';
import { memoryLimits } from '../../src/stores/shared/memory-limits.ts';
import { HmacNonces } from '../../src/stores/shared/proof-nonces.ts';
import { createReplayTable } from '../../src/stores/shared/replay-table.ts';
import { SharedBehaviours } from '../../src/stores/shared/shared-behaviours.ts';
import { openLogins } from '../../src/stores/shared/shared-logins.ts';
import { SharedReplay } from '../../src/stores/shared/shared-replay.ts';
import { NO_STATUSES } from './no-statuses.ts';
import { PLAIN_KEY } from './plain-key.ts';
import { receivedLines } from './received-lines.ts';

export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const NOW_S = NOW_MS / 1000;
export const ISSUER = 'https://auth.company.com';

/** A key pair of each kind, made once. */
export const PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  rsaOther: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
};

export const verificationKey = (kid: string, key: KeyObject, alg = ''): VerificationKey => ({
  kid,
  alg,
  key,
});

/** Key sets that a test fills. */
export class FakeKeySets implements KeySets {
  readonly sets = new Map<string, VerificationKey[]>();
  readonly refetched: string[] = [];
  versions = 1;
  problemText = '';
  onRefetch: (issuerId: string, kid: string) => void = () => {};

  find(issuerId: string, kid: string) {
    const set = this.sets.get(issuerId);
    if (set === undefined) return null;
    return kid === '' ? set : set.filter((key) => key.kid === kid);
  }
  version() {
    return this.versions;
  }
  problem() {
    return this.problemText;
  }
  fetchProblemText = '';
  fetchProblem() {
    return this.fetchProblemText;
  }
  async refetch(issuerId: string, kid: string) {
    this.refetched.push(`${issuerId} ${kid}`);
    this.onRefetch(issuerId, kid);
  }
}

export function issuerFacts(change: Partial<IssuerFacts> = {}): IssuerFacts {
  const requiredClaims = ['sub', 'iss', 'exp', 'iat', 'aud'];
  const limits = { clockToleranceS: 60, maxIatSkewS: 300 };
  return { id: 'company', issuer: ISSUER, algorithms: ['RS256'], requiredClaims, ...limits, ...change };
}

export function routeFacts(change: Partial<RouteFacts> = {}): RouteFacts {
  return {
    apiId: 'orders',
    endpointId: '',
    path: '/orders',
    tiers: new Map(),
    upgradeUrl: '',
    issuers: new Map([['company', issuerFacts()]]),
    trust: NO_TRUST,
    rules: NO_RULES,
    authenticated: true,
    acceptsKeys: false,
    guardsLogins: false,
    credentialHeaders: ['x-api-key'],
    keptClaims: [],
    ...change,
  };
}

/** The outside world of a stage, with a clock to turn. */
export function fakePorts() {
  const clock = { time: NOW_MS, nowMs: () => clock.time };
  const keySets = new FakeKeySets();
  const records = new Map<string, ApiKeyRecord>();
  const apiKeys = {
    problemText: '',
    find: (id: string) => records.get(id) ?? null,
    problem: () => apiKeys.problemText,
  };
  const counters = { take: () => {}, giveBack: () => {} };
  const raised: Notice[] = [];
  const notices = { raise: (notice: Notice) => void raised.push(notice) };
  const revokedTokens = new MemoryRevokedTokens();
  const proofNonces = new HmacNonces(randomBytes(32), clock);
  const replay = new SharedReplay(createReplayTable({ entries: 1000 }), clock);
  /** By address as text. */
  const countryOf = new Map<string, string>();
  const countries = { find: (ip: Ip) => countryOf.get(formatIp(ip)) ?? '' };
  const logins = openLogins(createLoginTable({ addresses: 64 }));
  const timers = { after: async () => {} };
  const ports: Ports = {
    clock,
    keySets,
    apiKeys,
    counters,
    limits: memoryLimits(counters),
    limitScales: [],
    wafGovernance: UNGOVERNED,
    attack: NO_ATTACK,
    ...UNWATCHED,
    notices,
    replay,
    logins,
    behaviours: new SharedBehaviours(createBehaviourTable({ clients: 64 })),
    timers,
    proofNonces,
    revokedTokens,
    limitExceptions: { find: () => null },
    certificateStatuses: NO_STATUSES,
    countries,
    introspection: { introspect: async () => ({ kind: 'inactive' }) },
  };
  return { clock, keySets, apiKeys, records, raised, countryOf, ports };
}

/** What a test says about a request beside its header fields. */
export interface RequestChange {
  readonly query?: string;
  readonly method?: string;
  readonly client?: string;
  readonly target?: string;
  readonly authority?: string;
  readonly secure?: boolean;
  readonly certificate?: ClientCertificate;
}

/** A request with the given header fields, a flat list. */
export function request(fields: readonly string[] = [], change: RequestChange = {}) {
  const target = change.target ?? '/orders';
  const address = parseIp(change.client ?? '192.0.2.7') as Ip;
  return new RequestContext({
    id: 'r1',
    startedAtMs: NOW_MS,
    listener: 'web',
    secure: change.secure ?? true,
    tlsVersion: 'TLSv1.3',
    certificate: change.certificate ?? null,
    peer: address,
    client: address,
    httpVersion: '1.1',
    method: change.method ?? 'GET',
    rawTarget: target,
    path: (parseTarget('GET', target) as Target).path,
    query: change.query ?? '',
    host: 'api.company.com',
    authority: change.authority ?? 'api.company.com',
    rawHeaders: receivedLines(fields),
    headers: receivedLines(fields),
    hasBody: false,
    contentLength: -1,
  });
}

/** A new key with its record. */
export function newKey(change: Partial<ApiKeyRecord> = {}) {
  const made = generateApiKey('pk', randomBytes);
  const salt = randomBytes(16).toString('hex');
  const record: ApiKeyRecord = {
    ...PLAIN_KEY,
    id: made.id,
    name: 'test',
    prefix: made.key.slice(0, 8),
    salt,
    hash: hashSecret(made.secret, salt),
    owner: 'alice',
    scopes: ['orders:read'],
    roles: ['editor'],
    tier: 'pro',
    grant: { apis: [], endpoints: [], methods: [], countries: [] },
    createdAtMs: NOW_MS,
    expiresAtMs: 0,
    revokedAtMs: 0,
    ...change,
  };
  return { ...made, record };
}
