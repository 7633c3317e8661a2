import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contextOf } from '../../test/support/stage-context.ts';
import type { RequestContext } from '../core/context.ts';
import { deny } from '../core/decision.ts';
import type { Route, RouteCheck } from '../core/route.ts';
import { formatRecord, formatUnreadable, type Outcome } from './record.ts';

const OUTCOME: Outcome = {
  effect: 'continue',
  reason: 'request.passed',
  detail: '',
  stage: 'proxy',
  status: 200,
  durationMs: 1.2345678,
  bytesIn: 0,
  bytesOut: 2,
  upstream: 'http://127.0.0.1:1',
  upstreamMs: 0.0005,
  attempts: 1,
};
const ROUTE = { id: 'web/search', apiId: 'web' } as Route;
const check = (stage: string, phase = 'head'): RouteCheck =>
  ({ stage, phase, mode: 'enforce' }) as unknown as RouteCheck;

function contextWith(headers: string[], method = 'GET'): RequestContext {
  const ctx = contextOf({ method, headers });
  ctx.route = ROUTE;
  return ctx;
}

/** The record as an object; a journal is read line by line, and is ASCII. */
function parse(record: string) {
  expect(record).toMatch(/^[\x20-\x7e]+\n$/);
  return JSON.parse(record);
}

test('a request that passed', () => {
  const ctx = contextWith(['User-Agent', 'test']);
  ctx.ran.push(check('protocol'), check('hardening', 'response'));
  ctx.costsNs.push(1_200, 300);
  const record = parse(formatRecord(ctx, OUTCOME));
  expect(record).toMatchObject({ 'event.duration': 1_235_000, 'user_agent.original': 'test' });
  expect(record.portcullis).toMatchObject({
    route: 'web/search',
    decision: { effect: 'continue', reason: 'request.passed', stage: 'proxy' },
    upstream: { duration_ms: 0.001, attempts: 1 },
  });
  expect(record.portcullis.checks).toEqual([
    { stage: 'protocol', phase: 'head', mode: 'enforce', verdict: 'continue', cost_ns: 1_200 },
    { stage: 'hardening', phase: 'response', mode: 'enforce', verdict: 'continue', cost_ns: 300 },
  ]);
});

test('refused and observed checks say so, each with its reason', () => {
  const ctx = contextWith([]);
  ctx.ran.push(check('access'), check('protocol'), check('cors'));
  ctx.costsNs.push(1, 2, 3);
  ctx.observations = [{ at: 0, decision: deny('access.denied') }];
  ctx.decidedAt = 2;
  const outcome = {
    ...OUTCOME,
    effect: 'deny',
    reason: 'cors.origin',
    stage: 'cors',
    detail: 'café',
  } as Outcome;
  const { checks, decision } = parse(formatRecord(ctx, outcome)).portcullis;
  expect(decision).toEqual({ effect: 'deny', reason: 'cors.origin', stage: 'cors', detail: 'café' });
  expect(checks.map(({ verdict, reason }: Record<string, string>) => [verdict, reason])).toEqual([
    ['would-deny', 'access.denied'],
    ['continue', undefined],
    ['deny', 'cors.origin'],
  ]);
});

test('whatever clients write, a record is one line of JSON that holds it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.double({ min: 0, max: 1e7, noNaN: true }), (agent, detail, durationMs) => {
      const ctx = contextWith(['User-Agent', agent]);
      const outcome = {
        ...OUTCOME,
        reason: 'gateway.bug',
        detail,
        durationMs,
        upstreamMs: durationMs,
      } as Outcome;
      const record = parse(formatRecord(ctx, outcome));
      expect(record['user_agent.original']).toBe(agent);
      if (detail !== '') expect(record.portcullis.decision.detail).toBe(detail);
      expect(record.portcullis.upstream.duration_ms).toBeCloseTo(durationMs, 2);
      expect(record['event.duration'] % 1000).toBe(0);
      const { connection } = { connection: { listener: 'web', peer: ctx.peer } };
      const unread = formatUnreadable(
        'id',
        0,
        connection as never,
        deny('protocol.malformed', { detail }),
        agent,
      );
      expect(parse(unread).portcullis.decision.detail).toBe(detail);
    }),
  );
});
