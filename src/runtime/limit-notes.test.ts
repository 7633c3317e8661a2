import { expect, test } from 'vitest';
import { principalWith } from '../../test/support/principals.ts';
import { contextOf } from '../../test/support/stage-context.ts';
import type { Principal } from '../core/principal.ts';
import type { Outcome } from '../proxy/record.ts';
import { LimitNotes } from './limit-notes.ts';

const HOUR_MS = 3_600_000;
const REFUSED = { effect: 'deny', reason: 'ratelimit.exceeded' } as Outcome;
const PASSED = { effect: 'continue', reason: 'request.passed' } as Outcome;

function limitedContext(client: string, principal: Principal | null = null) {
  const ctx = contextOf({ client });
  ctx.principal = principal;
  ctx.limitTier = 'free';
  ctx.limitedBy = 'tier "free"';
  return ctx;
}

test('all requests are counted by the hour, limited ones by client', () => {
  const notes = new LimitNotes();
  notes.note(contextOf(), PASSED, 10);
  notes.note(limitedContext('192.0.2.7'), REFUSED, 20);
  notes.note(limitedContext('192.0.2.7'), REFUSED, 30);
  notes.note(limitedContext('192.0.2.7'), PASSED, 40);
  notes.note(contextOf(), PASSED, HOUR_MS + 1);
  const limited = {
    tier: 'free',
    kind: 'address',
    client: '192.0.2.7',
    limit: 'tier "free"',
    refused: 2,
    observed: 1,
    lastAtMs: 40,
  };
  expect(notes.take()).toEqual([
    { hourMs: 0, requests: 4, limited: [limited] },
    { hourMs: HOUR_MS, requests: 1, limited: [] },
  ]);
  expect(notes.take()).toEqual([]);
  expect(notes.size).toBe(0);
});

test.each([
  ['key', 'k1', principalWith({ keyId: 'k1', subject: 'owner' })],
  ['user', 'alice', principalWith({ type: 'user', keyId: '', subject: 'alice' })],
  ['client', 'app', principalWith({ type: 'client', keyId: '', subject: 's', clientId: 'app' })],
  ['client', 'svc', principalWith({ type: 'service', keyId: '', subject: 'svc', clientId: '' })],
  ['address', '192.0.2.7', null],
])('a client is named by what was verified: %s %s', (kind, client, principal) => {
  const notes = new LimitNotes();
  notes.note(limitedContext('192.0.2.7', principal), REFUSED, 1);
  expect(notes.take()[0]?.limited[0]).toMatchObject({ kind, client, refused: 1 });
});

test('a refusal for another reason than the limit that would have refused counts as observed', () => {
  const notes = new LimitNotes();
  notes.note(limitedContext('192.0.2.7'), { effect: 'deny', reason: 'authz.scope' } as unknown as Outcome, 1);
  expect(notes.take()[0]?.limited[0]).toMatchObject({ refused: 0, observed: 1 });
});

test('a flood from many clients is counted together beyond a number, and nothing of it is lost', () => {
  const notes = new LimitNotes();
  for (let at = 0; at < 2000; at++) notes.note(limitedContext(`10.0.${at >> 8}.${at & 255}`), REFUSED, at);
  const [hour] = notes.take();
  expect(hour?.limited.length).toBeLessThanOrEqual(501);
  expect(hour?.limited.reduce((sum, { refused }) => sum + refused, 0)).toBe(2000);
  expect(hour?.limited.find(({ kind }) => kind === '')?.refused).toBe(1500);
});
