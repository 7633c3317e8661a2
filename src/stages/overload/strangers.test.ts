import { describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { ANY_ROUTE, contextOf, linesOf, runNow } from '../../../test/support/stage-context.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { UNWATCHED } from '../../core/load.ts';
import type { Ports } from '../../core/ports.ts';
import { overload, strangers } from './overload.ts';

describe('strangers in an attack', () => {
  const ROUTE = { ...ANY_ROUTE, authenticated: true, credentialHeaders: ['authorization'] };
  const SHOWN = { headers: ['Authorization', 'x'] };

  function world(left: number) {
    const seen = { came: 0, left };
    const strangersPort = { came: () => seen.came++, admits: () => seen.left-- > 0 };
    const ports = { ...UNWATCHED, strangers: strangersPort } as unknown as Ports;
    const checks = strangers.compile(strangers.schema.parse({}), ROUTE, ports);
    const later = overload.compile(overload.schema.parse({}), ROUTE, ports);
    return { seen, checks, later };
  }

  test('share what there is, and are told when to come back', () => {
    const { seen, checks } = world(2);
    const decisions = [1, 2, 3].map(() => runNow(checks.head, contextOf()));
    expect(decisions.map(({ reason }) => reason)).toEqual([
      'request.passed',
      'request.passed',
      'overload.attack',
    ]);
    expect(decisions[2]).toMatchObject({
      status: 503,
      detail: 'attack mode: others took what strangers share',
    });
    expect(linesOf(decisions[2]?.headers ?? []).join()).toMatch(/^retry-after: [1-5]$/);
    expect(seen.came).toBe(3);
  });

  test('who shows a credential takes nothing of it, and counts only when it did not verify', () => {
    const { seen, checks, later } = world(0);
    for (const principal of [null, principalWith({ tier: 'free' })]) {
      const ctx = contextOf(SHOWN);
      expect(runNow(checks.head, ctx)).toBe(CONTINUE);
      ctx.principal = principal;
      if (principal !== null) expect(runNow(later.head, ctx)).toBe(CONTINUE);
      checks.finisher?.finish(ctx);
    }
    expect(seen.came).toBe(1);
  });

  test('a wrong credential that authentication lets pass takes from it as well', () => {
    const { checks, later } = world(0);
    const ctx = contextOf(SHOWN);
    runNow(checks.head, ctx);
    expect(runNow(later.head, ctx).reason).toBe('overload.attack');
  });

  test('who was refused before is not counted', () => {
    const { seen, checks } = world(0);
    checks.finisher?.finish(contextOf());
    expect(seen.came).toBe(0);
  });

  test('a certificate is no credential where nobody is authenticated', () => {
    const ctx = contextOf({ certificate: {} as RequestContext['certificate'] });
    const ports = { ...UNWATCHED, strangers: { came() {}, admits: () => false } } as unknown as Ports;
    const { head } = strangers.compile(strangers.schema.parse({}), ANY_ROUTE, ports);
    expect(runNow(head, ctx).reason).toBe('overload.attack');
  });
});
