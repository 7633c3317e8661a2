import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ThreadData, ToThread } from '../../src/runtime/messages.ts';
import { strayErrorCounter } from '../../src/runtime/stray-errors.ts';
import { ThreadHandle, type ThreadNews } from '../../src/runtime/thread-handle.ts';
import { loadCountryDatabase, packagedDatabase } from '../../src/stores/geo/country-database.ts';
import { createGuardFacts } from '../../src/stores/redis/guard-facts.ts';
import { createAttackFlag } from '../../src/stores/shared/attack-flag.ts';
import { createBehaviourTable } from '../../src/stores/shared/behaviour-table.ts';
import { createCounterTable } from '../../src/stores/shared/counter-table.ts';
import { createLoadTable } from '../../src/stores/shared/load-table.ts';
import { createLoginTable } from '../../src/stores/shared/login-table.ts';
import { createReplayTable } from '../../src/stores/shared/replay-table.ts';
import { createSlotTable } from '../../src/stores/shared/slot-table.ts';
import { ask } from '../support/ask.ts';
import { freePorts } from '../support/free-ports.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

test('101 within a minute are too many, 100 are not', () => {
  const isTooMany = strayErrorCounter();
  for (let i = 0; i < 100; i++) expect(isTooMany(1_000_000 + i)).toBe(false);
  expect(isTooMany(1_060_000)).toBe(false);
  expect(isTooMany(1_060_000)).toBe(true);
});

test('a thread lives on after stray exceptions, and ends when there are too many', async () => {
  const upstream = await start();
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-stray-'));
  const [port = 0] = await freePorts(1);
  const news: ThreadNews[] = [];
  let isOver = false;
  const data: ThreadData = {
    index: 0,
    counters: createCounterTable({ clients: 1000 }),
    slots: createSlotTable({ places: 1000, threads: 1 }),
    replay: createReplayTable({ entries: 1000 }),
    guardFacts: createGuardFacts(1),
    nonceSecret: new Uint8Array(32),
    revocations: [],
    limitExceptions: [],
    wafBypasses: [],
    ruleTrials: [],
    logins: createLoginTable({ addresses: 1000 }),
    behaviours: createBehaviourTable({ clients: 1000 }),
    loads: createLoadTable(64, 1),
    attack: createAttackFlag(),
    ticketKeys: new Uint8Array(48),
    plan: {
      version: 1,
      document: plainConfig(upstream.port),
      baseDir: dir,
      material: {
        listeners: {},
        upstreams: {},
        authorities: {},
        revocationLists: {},
        reputationLists: {},
        countryLists: {},
        ruleSets: {},
        countries: loadCountryDatabase(packagedDatabase()),
      },
      ports: { web: port },
      oauth: null,
    },
    apiKeys: [],
    lease: null,
    keySets: [],
    unhealthy: [],
    adaptive: { isCounting: false, rows: 1, seed: 1, shares: [] },
  };
  const thread = new ThreadHandle(new URL('./throwing-thread.ts', import.meta.url), data, {
    onNews: (_thread, each) => news.push(each),
    onExit: () => {
      isOver = true;
    },
  });
  const makeThrow = (times: number) => thread.send({ type: 'throw', times } as unknown as ToThread);
  await thread.whenReady();

  makeThrow(60);
  await until('all are told', () => news.filter(({ type }) => type === 'bug').length === 60);
  expect(news[0]).toMatchObject({ type: 'bug', stage: 'thread' });
  expect(await ask(port)).toEqual({ status: 200, body: 'ok' });

  makeThrow(41);
  await until('the thread ended', () => isOver);
  expect(thread.state).toBe('dead');
  expect(thread.lastError).toContain('Too many exceptions');
  await upstream.close();
  rmSync(dir, { recursive: true, force: true });
});
