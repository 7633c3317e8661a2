import { describe, expect, test } from 'vitest';
import { principalWith } from '../../test/support/principals.ts';
import { contextOf, type RequestSketch } from '../../test/support/stage-context.ts';
import { windowOf } from '../lib/anomaly/window-batch.ts';
import type { Outcome } from '../proxy/record.ts';
import type { ThreadWindow } from './adaptive-state.ts';
import { AdaptiveThread } from './adaptive-thread.ts';

const STATE = { isCounting: true, rows: 100, seed: 9, shares: [] };
const COUNTRIES = { find: () => 'DE' };
const outcome = (over: Partial<Outcome> = {}): Outcome => ({
  effect: 'continue',
  reason: 'request.passed',
  detail: '',
  stage: 'proxy',
  status: 200,
  durationMs: 5,
  bytesIn: 0,
  bytesOut: 0,
  upstream: '',
  upstreamMs: 0,
  attempts: 1,
  ...over,
});

function note(thread: AdaptiveThread, sketch: RequestSketch, who: string, over: Partial<Outcome> = {}): void {
  const ctx = contextOf(sketch);
  if (who !== '') ctx.principal = principalWith({ counterKey: who });
  thread.note(ctx, outcome(over));
}

describe('whose a request is', () => {
  test('a verified principal’s, else its address’s', () => {
    const thread = new AdaptiveThread(STATE, COUNTRIES);
    note(thread, {}, 'key:a');
    note(thread, { client: '2001:db8::1' }, '');
    note(thread, { client: '2001:db8::2' }, '');
    const { principals, addresses } = thread.collect() as ThreadWindow;
    expect(principals.clients).toEqual(['key:a']);
    expect(addresses.clients).toEqual(['2001:db8::/64']);
    expect(windowOf(addresses, 0, 0)).toMatchObject({ requests: 2, countries: 1 });
  });

  test('errors in the name of a victim count for the address they come from, whatever was verified on the way', () => {
    const thread = new AdaptiveThread(STATE, COUNTRIES);
    for (let i = 0; i < 50; i++) {
      const headers = ['X-Api-Key', 'pk_victim'];
      note(thread, { headers }, '', { status: 401, effect: 'deny', stage: 'authentication' });
      // A credential that verified beside another that did not.
      note(thread, { headers }, 'key:victim', { status: 401, effect: 'deny', stage: 'authentication' });
    }
    const { principals, addresses } = thread.collect() as ThreadWindow;
    expect(principals.clients).toEqual([]);
    expect(windowOf(addresses, 0, 0)).toMatchObject({ requests: 100, refusedCredentials: 100 });
  });
});

describe('shares', () => {
  const shares = [
    { client: 'key:a', isAddress: false, share: 0.5, why: 'much' },
    { client: '192.0.2.7', isAddress: true, share: 0.25, why: 'guesses' },
  ];

  test.each([
    ['key:a', '192.0.2.9', 0.5, 'much'],
    ['', '192.0.2.7', 0.25, 'guesses'],
    // What strangers do at its address takes nothing from a key.
    ['key:b', '192.0.2.7', 1, ''],
    ['', 'key:a', 1, ''],
    ['192.0.2.7', '', 1, ''],
  ])('principal %j at %j has %d', (principal, address, share, why) => {
    const thread = new AdaptiveThread({ ...STATE, shares }, COUNTRIES);
    expect(thread.shareOf(principal, address)).toBe(share);
    expect(thread.why(principal, address)).toBe(why);
  });

  test('end when the next state has them no more, and counting goes on', () => {
    const thread = new AdaptiveThread({ ...STATE, shares }, COUNTRIES);
    note(thread, {}, 'key:a');
    thread.take(STATE);
    expect(thread.shareOf('key:a', '')).toBe(1);
    expect(thread.collect()?.principals.clients).toEqual(['key:a']);
  });
});

test('nothing is counted where nobody asks for it', () => {
  const thread = new AdaptiveThread({ ...STATE, isCounting: false }, COUNTRIES);
  note(thread, {}, 'key:a');
  expect(thread.collect()).toBeNull();
});
