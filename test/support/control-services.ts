import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attackModeSchema } from '../../src/config/attack.schema.ts';
import type { ControlServices } from '../../src/control/services.ts';
import type { ApiKeyRecord } from '../../src/core/ports.ts';
import type { RuleFacts } from '../../src/core/waf.ts';
import { SwitchedAttack } from '../../src/runtime/attack-mode.ts';
import { recordOfNotice } from '../../src/runtime/notice-board.ts';
import { createAttackFlag } from '../../src/stores/shared/attack-flag.ts';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { ruleWith } from './waf-records.ts';

/** Control services over a real database in a folder of their own; the gateway's part is faked. */
export interface TestServices {
  readonly services: ControlServices;
  readonly dir: string;
  /** Every call of `distributeKeys`. */
  readonly distributed: (readonly ApiKeyRecord[])[];
  /** Users whose sessions were ended. */
  readonly ended: string[];
  nowMs: number;
  close(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 10, 23, 12);

/** Rules in force: one that detects of each origin, one that ends requests because of a score, one that prepares. */
export const RULES: readonly RuleFacts[] = [
  ruleWith({ id: 942100, origin: 'include' }),
  ruleWith({ id: 941100, origin: 'include', category: 'cross-site-scripting' }),
  ruleWith({ id: 949110, origin: 'include', role: 'score' }),
  ruleWith({ id: 901100, origin: 'include', role: 'prepare' }),
  ruleWith(),
];

/** Opens control services; `overrides` replace single services. */
export async function openTestServices(overrides: Partial<ControlServices> = {}): Promise<TestServices> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-control-'));
  const distributed: (readonly ApiKeyRecord[])[] = [];
  const ended: string[] = [];
  const clock = { nowMs: () => test.nowMs };
  const database = await openDatabase({
    location: { kind: 'sqlite', path: join(dir, 'portcullis.db') },
    clock: { nowMs: () => START_MS },
  });
  const services: ControlServices = {
    clock,
    version: '1.2.3',
    keys: database.keys,
    usage: database.usage,
    decisions: database.decisions,
    limitActivity: database.limitActivity,
    users: database.users,
    limitExceptions: database.limitExceptions,
    distributeExceptions: async () => ({ slowestMs: 3, slowestThread: 0, nodes: [] }),
    waf: database.waf,
    operators: () => [],
    ruleGovernance: () => ({ trialMs: 48 * 3_600_000, falsePositiveBudget: 0.01 }),
    wafRules: () => RULES,
    distributeBypasses: async () => ({ slowestMs: 3, slowestThread: 0, nodes: [] }),
    distributeTrials: async () => ({ slowestMs: 3, slowestThread: 0, nodes: [] }),
    revocations: database.revocations,
    distributeRevocations: async () => ({ slowestMs: 3, slowestThread: 0, nodes: [] }),
    passwordPolicy: () => ({
      minChars: 12,
      cost: { memoryKib: 64, passes: 1, lanes: 1 },
      place: 'auth.test',
    }),
    endSessions: async (userId) => void ended.push(userId),
    keyDelivery: () => ({ folder: join(dir, 'delivered'), webhooks: ['ops'] }),
    graceHours: () => 72,
    attack: new SwitchedAttack({
      memory: createAttackFlag(),
      notices: { raise: () => {} },
      clock,
      monotonicMs: () => START_MS,
      config: () => attackModeSchema.parse({}),
    }),
    blockedAddresses: { list: () => [], unblock: () => 0 },
    blockedClients: { list: () => [], unblock: () => 0 },
    adaptive: {
      actions: database.adaptive,
      report: () => ({ mode: 'observe', isReady: false, clients: 0, windows: 0, active: [] }),
      accept: async () => false,
    },
    notices: {
      list: database.notices.list,
      record: async (notice) => void (await database.notices.add(recordOfNotice(notice, test.nowMs))),
    },
    oauth: {
      clients: database.oauth.clients,
      facts: () => ({
        issuer: 'https://auth.test',
        resources: [{ id: 'https://api.test/orders', scopes: ['orders:read', 'orders:write'] }],
      }),
      endClient: (id) => database.oauth.artifacts.deleteClient(id),
      signingKeys: async () => [],
      rotateSigningKeys: async () => [],
    },
    journalPath: () => join(dir, 'journal.jsonl'),
    status: () => ({
      startedAtMs: START_MS - 5_000,
      threads: [{ id: 1, state: 'running', restarts: 0 }],
      nodes: [],
      plan: {
        version: 7,
        loadedAtMs: START_MS,
        apis: ['orders', 'hooks'],
        endpoints: ['orders', 'orders/search'],
        tiers: ['free', 'pro'],
      },
      configPath: '/etc/portcullis.yaml',
      certificates: [],
      attack: null,
      lists: [],
      problems: [],
    }),
    reload: async () => ({ planVersion: 8, problems: [] }),
    distributeKeys: async (records) => {
      distributed.push(records);
      return { slowestMs: 3, slowestThread: 0, nodes: [] };
    },
    redactedConfig: () => ({ version: 1, apis: [] }),
    metrics: async () => '# HELP portcullis_threads Threads.\n',
    live: () => '',
    ready: () => '',
    started: () => '',
    ...overrides,
  };
  const test: TestServices = {
    services,
    dir,
    distributed,
    ended,
    nowMs: START_MS,
    close: async () => {
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return test;
}

/** A journal record as the proxy writes it. */
export function journalLine(id: string, parts: Record<string, unknown> = {}): string {
  return JSON.stringify({
    '@timestamp': '2026-11-23T12:00:00.000Z',
    'event.action': 'request',
    'event.duration': 1_500_000,
    'http.request.id': id,
    'http.request.method': 'GET',
    'url.path': '/orders/7',
    'source.ip': '10.0.0.1',
    'client.ip': '203.0.113.7',
    'http.response.status_code': 401,
    portcullis: {
      listener: 'web',
      route: 'orders/one',
      api: 'orders',
      decision: { effect: 'deny', reason: 'authn.missing', stage: 'authentication', detail: 'no credential' },
      checks: [
        {
          stage: 'access',
          phase: 'head',
          mode: 'observe',
          cost_ns: 400,
          verdict: 'would-deny',
          reason: 'access.denied',
        },
        { stage: 'cors', phase: 'head', mode: 'enforce', cost_ns: 100, verdict: 'continue' },
        {
          stage: 'authentication',
          phase: 'head',
          mode: 'enforce',
          cost_ns: 500,
          verdict: 'deny',
          reason: 'authn.missing',
        },
      ],
    },
    ...parts,
  });
}
