import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOSTILE, type HostileCase } from '../conformance/http1/cases.ts';
import type { RawResult } from '../support/raw-client.ts';
import { seeded } from '../support/seeded.ts';
import { type JournalRecord, until } from '../support/test-gateway.ts';
import { openTlsWorld } from '../support/tls-world.ts';
import { addressOf, cutAtRandom, forEachOf, openWorld, sendFrom, type World } from './world.ts';

const CASES = HOSTILE;
const GOOD = 'GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n';
const SECRET = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';
const random = seeded(1);

/** Ways to send a hostile request; each has loopback addresses of its own. */
const WAYS: Readonly<Record<string, (bytes: string) => readonly string[]>> = {
  'in one piece': (bytes) => [bytes],
  'cut at random': (bytes) => cutAtRandom(bytes, Math.min(6, bytes.length - 1), random),
  'with a request behind it': (bytes) => [bytes + SECRET],
  'behind a good request': (bytes) => [GOOD + bytes],
  'behind a good request, later': (bytes) => [GOOD, bytes],
};

const mayServeNext = ({ mayStayOpen }: HostileCase): boolean => mayStayOpen === true;

interface Outcome {
  readonly result: RawResult;
  readonly records: readonly JournalRecord[];
}

describe.each([
  ['HTTP', false],
  ['HTTPS', true],
])('over %s', (_name, isSecure) => {
  let world: World;
  const outcomes = new Map<string, Outcome>();
  const keyOf = (way: string, { name, bytes }: HostileCase): string => `${way}|${name}|${bytes.length}`;

  beforeAll(async () => {
    world = isSecure ? await openTlsWorld() : await openWorld();
    const jobs = Object.keys(WAYS).flatMap((way) => CASES.map((hostile) => ({ way, hostile })));
    const results: RawResult[] = [];
    await forEachOf(jobs, async ({ way, hostile }, at) => {
      const pieces = (WAYS[way] as (bytes: string) => readonly string[])(hostile.bytes);
      const answers = way.startsWith('behind') ? 2 : 1;
      const options = hostile.mayStayOpen ? { expect: answers, isSecure } : { isSecure };
      results[at] = await sendFrom(addressOf(at), world.port, pieces, options);
    });
    const count = (way: string): number => (way.startsWith('behind') ? 2 : 1);
    let byAddress = new Map<unknown, JournalRecord[]>();
    const areThere = async (): Promise<boolean> => {
      byAddress = Map.groupBy(await world.gateway.records(0), (record) => record['source.ip']);
      return jobs.every(({ way }, at) => (byAddress.get(addressOf(at))?.length ?? 0) >= count(way));
    };
    // What is still missing then, its own test tells.
    await until('all records', areThere, 10_000).catch(() => {});
    jobs.forEach(({ way, hostile }, at) => {
      const records = byAddress.get(addressOf(at)) ?? [];
      outcomes.set(keyOf(way, hostile), { result: results[at] as RawResult, records });
    });
  });

  afterAll(() => world[Symbol.asyncDispose]());

  describe.each(Object.keys(WAYS))('a hostile request %s', (way) => {
    test.each(CASES)('$expect.reason: $name', (hostile) => {
      const { result, records } = outcomes.get(keyOf(way, hostile)) as Outcome;
      const statuses = result.responses.map(({ status }) => status).filter((status) => status !== 100);
      const reasons = records.map(({ portcullis }) => portcullis.decision.reason).sort();
      const { status, reason } = hostile.expect;
      if (way.startsWith('behind')) {
        expect(statuses).toEqual([200, status]);
        expect(reasons).toEqual([reason, 'request.passed'].sort());
      } else if (way === 'with a request behind it' && mayServeNext(hostile)) {
        expect(statuses[0]).toBe(status);
        expect(reasons).toContain(reason);
      } else {
        expect(statuses).toEqual([status]);
        expect(reasons).toEqual([reason]);
      }
      if (!hostile.mayStayOpen) expect(result.closed).toBe('end');
    });
  });

  test('the upstream saw the good requests only, all of them well-formed', () => {
    expect(world.upstream.problems).toEqual([]);
    const allowed = new Set(['/first', '/smuggled']);
    expect(world.upstream.requests.filter(({ target }) => !allowed.has(target))).toEqual([]);
    const { length } = world.upstream.requests.filter(({ target }) => target === '/smuggled');
    expect(length).toBeLessThanOrEqual(CASES.filter(mayServeNext).length);
  });
});
