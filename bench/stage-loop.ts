import { randomBytes } from 'node:crypto';
import { parseConfig } from '../src/config/load.ts';
import { NO_ATTACK } from '../src/core/attack.ts';
import { RequestContext } from '../src/core/context.ts';
import { CONTINUE } from '../src/core/decision.ts';
import { UNWATCHED } from '../src/core/load.ts';
import type { ApiKeyRecord, Ports } from '../src/core/ports.ts';
import { Route } from '../src/core/route.ts';
import { UNGOVERNED } from '../src/core/waf.ts';
import { generateApiKey } from '../src/lib/apikey/key-format.ts';
import { hashSecret } from '../src/lib/apikey/secret-hash.ts';
import { FieldLines } from '../src/lib/http/field-lines.ts';
import { parseIp } from '../src/lib/ip/address.ts';
import { compilePlan } from '../src/plan/compile-plan.ts';
import { runChecks } from '../src/proxy/pipeline.ts';
import { MemoryApiKeys } from '../src/stores/memory/api-keys.ts';
import { createBehaviourTable } from '../src/stores/shared/behaviour-table.ts';
import { createCounterTable } from '../src/stores/shared/counter-table.ts';
import { createLoginTable } from '../src/stores/shared/login-table.ts';
import { memoryLimits } from '../src/stores/shared/memory-limits.ts';
import { HmacNonces } from '../src/stores/shared/proof-nonces.ts';
import { createReplayTable } from '../src/stores/shared/replay-table.ts';
import { SharedBehaviours } from '../src/stores/shared/shared-behaviours.ts';
import { openCounters } from '../src/stores/shared/shared-counters.ts';
import { openLogins } from '../src/stores/shared/shared-logins.ts';
import { SharedReplay } from '../src/stores/shared/shared-replay.ts';
import { NO_STATUSES } from '../test/support/no-statuses.ts';
import { PLAIN_KEY } from '../test/support/plain-key.ts';
import { KEYED_API, TIERS } from './gateway.ts';
import { fillIn, requestText, scenarioOf } from './scenarios.ts';
import { spreadOf } from './statistics.ts';

/** What running the checks of a route costs, without reading, sending and waiting. */
export interface StageLoop {
  /** The route and the request, in words. */
  readonly what: string;
  readonly nsPerRequest: number;
  readonly checks: number;
}

const BATCH = 2000;
const BATCHES = 100;
const WARM_UP_BATCHES = 20;
const PATH = '/keyed/orders/1001';

/**
 * Measures the stage loop on the route with key, tier limit and CORS: real checks, real counters, no connections.
 *
 * Shape: contexts are made outside the measured time; head and response checks run as the proxy runs them.
 */
export async function measureStageLoop(): Promise<StageLoop> {
  const { key, ports } = openPorts();
  const route = compileKeyedRoute(ports);
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const contexts = Array.from({ length: BATCH }, () => makeContext(route, key));
    const startMs = performance.now();
    for (const ctx of contexts) runRoute(route, ctx);
    const tookMs = performance.now() - startMs;
    if (batch >= WARM_UP_BATCHES) times.push((tookMs * 1e6) / BATCH);
  }
  const checks = route.headChecks.length + route.responseChecks.length;
  return { what: 'GET with key, tier limit and CORS', nsPerRequest: spreadOf(times).median, checks };
}

function runRoute(route: Route, ctx: RequestContext): void {
  const head = runChecks(route.headChecks, ctx, rethrow);
  if (head !== CONTINUE) throw new Error('The checks did not let the request pass.');
  ctx.fromUpstream = true;
  const response = runChecks(route.responseChecks, ctx, rethrow);
  if (response !== CONTINUE) throw new Error('The checks did not let the answer pass.');
}

function rethrow(_ctx: unknown, _check: unknown, error: unknown): never {
  throw error;
}

function compileKeyedRoute(ports: Ports): Route {
  const api = { ...KEYED_API, upstream: 'http://127.0.0.1:9' };
  const { config, problems } = parseConfig(
    JSON.stringify({ version: 1, tiers: TIERS, apis: [api] }),
    'bench.yaml',
  );
  if (config === null) throw new Error(problems.map(({ message }) => message).join(' '));
  const route = compilePlan(config, ports).router.find('api.example.com', PATH, 'GET');
  if (!(route instanceof Route)) throw new Error(`The plan has no route for ${PATH}.`);
  return route;
}

function openPorts(): { key: string; ports: Ports } {
  const made = generateApiKey('pk', randomBytes);
  const salt = randomBytes(16).toString('hex');
  const record: ApiKeyRecord = {
    ...PLAIN_KEY,
    id: made.id,
    name: 'bench',
    prefix: made.key.slice(0, 8),
    salt,
    hash: hashSecret(made.secret, salt),
    owner: '',
    scopes: [],
    roles: [],
    tier: '',
    grant: { apis: [], endpoints: [], methods: [], countries: [] },
    createdAtMs: 0,
    expiresAtMs: 0,
    revokedAtMs: 0,
  };
  const apiKeys = new MemoryApiKeys();
  apiKeys.put(record);
  const keySets: Ports['keySets'] = {
    find: () => null,
    version: () => 0,
    problem: () => '',
    fetchProblem: () => '',
    refetch: () => Promise.resolve(),
  };
  const clock = { nowMs: Date.now };
  const counters = openCounters(createCounterTable({ clients: 1000 }));
  const notices = { raise: () => {} };
  const proofNonces = new HmacNonces(randomBytes(32), clock);
  const replay = new SharedReplay(createReplayTable({ entries: 1000 }), clock);
  const countries = { find: () => '' };
  const logins = openLogins(createLoginTable({ addresses: 1000 }));
  const timers = { after: async () => {} };
  return {
    key: made.key,
    ports: {
      clock,
      counters,
      limits: memoryLimits(counters),
      limitScales: [],
      wafGovernance: UNGOVERNED,
      attack: NO_ATTACK,
      ...UNWATCHED,
      apiKeys,
      keySets,
      notices,
      proofNonces,
      revokedTokens: { version: 0, isRevoked: () => false },
      limitExceptions: { find: () => null },
      replay,
      logins,
      behaviours: new SharedBehaviours(createBehaviourTable({ clients: 1000 })),
      timers,
      certificateStatuses: NO_STATUSES,
      countries,
      introspection: { introspect: async () => ({ kind: 'inactive' }) },
    },
  };
}

/** A context as the proxy makes one of the request that wrk sends, with the upstream's answer already there. */
function makeContext(route: Route, key: string): RequestContext {
  const loopback = parseIp('127.0.0.1')!;
  const headers = requestFields(key);
  const ctx = new RequestContext({
    id: '01JD0000000000000000000000',
    startedAtMs: Date.now(),
    listener: 'web',
    secure: false,
    tlsVersion: '',
    certificate: null,
    peer: loopback,
    client: loopback,
    httpVersion: '1.1',
    method: 'GET',
    rawTarget: `${PATH}?expand=items`,
    path: PATH,
    query: 'expand=items',
    host: 'api.example.com',
    authority: 'api.example.com',
    rawHeaders: headers,
    headers,
    hasBody: false,
    contentLength: -1,
  });
  ctx.route = route;
  ctx.responseStatus = 200;
  ctx.responseHeaders = FieldLines.fromFlat(ANSWER);
  return ctx;
}

function requestFields(key: string): FieldLines {
  const [, ...lines] = fillIn(requestText(scenarioOf('key')), { key })
    .trimEnd()
    .split('\r\n');
  return FieldLines.fromFlat(
    lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
}

const ANSWER = [
  ...['Server', 'nginx', 'Date', 'Mon, 23 Nov 2026 00:00:00 GMT', 'Content-Type', 'application/json'],
  ...['Content-Length', '200', 'Cache-Control', 'private, max-age=0', 'ETag', '"5f2b-61a0c2"'],
  ...['X-Powered-By', 'sample', 'Vary', 'Accept-Encoding'],
];
