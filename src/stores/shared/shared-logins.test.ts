import { describe, expect, test } from 'vitest';
import type { LoginAttempt, LoginOutcome } from '../../core/logins.ts';
import { parseIp } from '../../lib/ip/address.ts';
import { openBlockedAddresses } from './blocked-addresses.ts';
import { createLoginTable, openLoginTable } from './login-table.ts';
import { openLogins } from './shared-logins.ts';
import { attempt, LIMITS, NOW_MS } from './testdata/login-attempts.ts';

const MINUTE_MS = 60_000;

/** Logins of a small table on a clock that the test turns. */
function openWorld(addresses = 64) {
  const buffer = createLoginTable({ addresses });
  const logins = openLogins(buffer);
  return {
    buffer,
    logins,
    blocked: openBlockedAddresses(buffer),
    nowMs: NOW_MS,
    /** One login from begin to end; why it was not let through, or `ok`. */
    try(made: LoginAttempt, outcome: LoginOutcome = 'failed', isAccountUnderAttack = false): string {
      const refused = logins.begin(made, this.nowMs);
      if (refused !== null) return refused.cause;
      const block = logins.end(made, outcome, this.nowMs, isAccountUnderAttack);
      return block === null ? 'ok' : `blocks: ${block.cause}`;
    },
    tryMany(times: number, made: () => LoginAttempt): string[] {
      return Array.from({ length: times }, () => this.try(made()));
    },
  };
}

describe('failures', () => {
  test('five are let be, the sixth blocks for exactly the time, then all begins anew', () => {
    const world = openWorld();
    expect(world.tryMany(7, attempt)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'blocks: failures', 'failures']);
    const until = NOW_MS + 1800_000;
    expect(world.logins.find(attempt(), NOW_MS)).toEqual({ cause: 'failures', untilMs: until });
    world.nowMs = until - 1;
    expect(world.try(attempt())).toBe('failures');
    world.nowMs = until;
    expect(world.tryMany(6, attempt).at(-1)).toBe('blocks: failures');
  });

  test('a failure counts for the window', () => {
    const world = openWorld();
    world.tryMany(5, attempt);
    world.nowMs += 300_000 - 1;
    expect(world.try(attempt())).toBe('blocks: failures');
    const other = openWorld();
    other.tryMany(5, attempt);
    other.nowMs += 300_000;
    expect(other.try(attempt())).toBe('ok');
  });

  test('a login that succeeds takes nothing back', () => {
    const world = openWorld();
    const own = () => attempt('192.0.2.7', { userTag: world.logins.tagOf('shop', 'mallory') });
    for (let i = 0; i < 5; i++) {
      expect(world.try(attempt())).toBe('ok');
      expect(world.try(own(), 'succeeded')).toBe('ok');
    }
    expect(world.try(attempt())).toBe('blocks: failures');
  });

  test('one that nobody judged counts as nothing', () => {
    const world = openWorld();
    for (let i = 0; i < 50; i++) expect(world.try(attempt(), 'open')).toBe('ok');
  });

  test('addresses, networks and realms are counted apart', () => {
    const world = openWorld();
    world.tryMany(6, attempt);
    expect(world.try(attempt('192.0.2.8'))).toBe('ok');
    expect(world.try(attempt('192.0.2.7', { realm: 'bank' }))).toBe('ok');
    world.tryMany(6, () => attempt('2001:db8::1'));
    expect(world.try(attempt('2001:db8::ffff:1'))).toBe('failures');
    expect(world.try(attempt('2001:db8:0:1::1'))).toBe('ok');
  });

  test('what failed in the meantime does not make a block longer', () => {
    const world = openWorld();
    const late = attempt();
    expect(world.logins.begin(late, world.nowMs)).toBeNull();
    world.tryMany(5, attempt);
    const block = world.logins.end(late, 'failed', world.nowMs, false);
    world.nowMs += MINUTE_MS;
    expect(world.logins.end(attempt(), 'failed', world.nowMs, false)).toBeNull();
    expect(world.logins.find(attempt(), world.nowMs)).toEqual(block);
  });

  test('tighter limits hold for failures that are counted already', () => {
    const world = openWorld();
    const loose = { ...LIMITS, failures: 20 };
    world.tryMany(10, () => attempt('192.0.2.7', { limits: loose }));
    expect(world.logins.begin(attempt(), world.nowMs)).toEqual({
      cause: 'failures',
      untilMs: NOW_MS + 300_000,
    });
  });
});

describe('logins under way', () => {
  test('count as if they had failed', () => {
    const world = openWorld();
    world.tryMany(2, attempt);
    const open = Array.from({ length: 4 }, () => attempt());
    for (const each of open) expect(world.logins.begin(each, world.nowMs)).toBeNull();
    expect(world.try(attempt())).toBe('concurrent');
    world.logins.end(open[0]!, 'succeeded', world.nowMs, false);
    expect(world.try(attempt())).toBe('ok');
    expect(world.try(attempt())).toBe('concurrent');
  });

  test('are given up after ten minutes, because their thread died', () => {
    const world = openWorld();
    for (let i = 0; i < 6; i++) world.logins.begin(attempt(), world.nowMs);
    world.nowMs += 600_000 - 1;
    expect(world.try(attempt())).toBe('concurrent');
    world.nowMs += 1;
    expect(world.try(attempt())).toBe('ok');
  });

  test('an end is counted once their entry is forgotten, too', () => {
    const world = openWorld();
    const late = attempt();
    world.logins.begin(late, world.nowMs);
    world.blocked.unblock(late.address, world.nowMs);
    expect(world.logins.end(late, 'failed', world.nowMs, false)).toBeNull();
    expect(world.tryMany(5, attempt).at(-1)).toBe('blocks: failures');
  });
});

describe('user names', () => {
  const limits = { ...LIMITS, failures: 60, userNames: 3 };
  const named = (world: ReturnType<typeof openWorld>, name: string, change: Partial<LoginAttempt> = {}) =>
    attempt('192.0.2.7', { limits, userTag: world.logins.tagOf('shop', name), ...change });

  test('one more than are let be blocks, however seldom they are tried', () => {
    const world = openWorld();
    for (const name of ['a', 'b', 'c', 'a', 'b', 'c']) {
      expect(world.try(named(world, name))).toBe('ok');
      world.nowMs += 9 * MINUTE_MS;
    }
    expect(world.try(named(world, 'd'))).toBe('blocks: user-names');
    expect(world.try(named(world, 'a'))).toBe('user-names');
  });

  test('names that succeed are no stuffing', () => {
    const world = openWorld();
    for (let i = 0; i < 100; i++) expect(world.try(named(world, `user ${i}`), 'succeeded')).toBe('ok');
  });

  test('a success in between does not hide the others', () => {
    const world = openWorld();
    for (const name of ['a', 'b', 'c']) {
      world.try(named(world, name));
      for (let i = 0; i < 40; i++) world.try(named(world, `own ${i}`), 'succeeded');
    }
    expect(world.try(named(world, 'd'))).toBe('blocks: user-names');
  });

  test('a name under attack: one failure for each address, and none is refused who did not fail', () => {
    const world = openWorld();
    const victim = () => named(world, 'victim');
    expect(world.try(victim(), 'failed', true)).toBe('ok');
    expect(world.try(victim())).toBe('account');
    expect(world.try(named(world, 'other'))).toBe('ok');
    expect(world.try({ ...victim(), address: parseIp('192.0.2.9')! }, 'failed', true)).toBe('ok');
    world.nowMs += 1800_000;
    expect(world.try(victim())).toBe('ok');
  });

  test('an address that logged in with the name before keeps all its failures', () => {
    const world = openWorld();
    const victim = () => named(world, 'victim', { limits: LIMITS });
    world.try(victim(), 'succeeded');
    world.nowMs += 3600_000;
    for (let i = 0; i < 5; i++) expect(world.try(victim(), 'failed', true)).toBe('ok');
    expect(world.try(victim(), 'failed', true)).toBe('blocks: failures');
  });

  test('the table keeps no name, and its tags differ from table to table', () => {
    const [one, other] = [openWorld(), openWorld()];
    expect(one.logins.tagOf('shop', 'alice')).toMatch(/^[0-9a-f]{16}$/);
    expect(one.logins.tagOf('shop', 'alice')).not.toBe(other.logins.tagOf('shop', 'alice'));
    expect(one.logins.tagOf('shop', 'alice')).not.toBe(one.logins.tagOf('bank', 'alice'));
    one.try(named(one, 'zebra-zebra'));
    expect(Buffer.from(new Uint8Array(one.buffer)).includes('zebra-zebra')).toBe(false);
  });
});

describe('room', () => {
  test('a blocked address is not forgotten for others: where all places of a set are blocked, logins are refused', () => {
    const world = openWorld(8);
    for (let at = 0; at < 8; at++) world.tryMany(6, () => attempt(`198.51.100.${at}`));
    for (let at = 8; at < 200; at++) expect(world.try(attempt(`198.51.100.${at}`))).toBe('full');
    for (let at = 0; at < 8; at++) expect(world.try(attempt(`198.51.100.${at}`))).toBe('failures');
    world.nowMs += 1800_000;
    expect(world.try(attempt('198.51.100.99'))).toBe('ok');
  });

  test('one that is not blocked goes, the one first that will be forgotten first', () => {
    const world = openWorld(8);
    world.tryMany(6, () => attempt('198.51.100.0'));
    for (let at = 1; at < 200; at++) {
      world.nowMs += 1000;
      expect(world.try(attempt(`198.51.100.${at}`))).toBe('ok');
    }
    expect(world.try(attempt('198.51.100.0'))).toBe('failures');
    world.tryMany(4, () => attempt('198.51.100.199'));
    expect(world.try(attempt('198.51.100.199'))).toBe('blocks: failures');
  });

  test('memory of something else is refused', () => {
    expect(() => openLoginTable(new SharedArrayBuffer(8))).toThrow(TypeError);
    expect(() => openLoginTable(new SharedArrayBuffer(4096))).toThrow(TypeError);
  });
});

describe('the operator', () => {
  test('sees who is blocked, and can end it', () => {
    const world = openWorld();
    world.tryMany(6, attempt);
    world.nowMs += 1000;
    const network = { address: parseIp('2001:db8:0:1::')!, bits: 64, realm: 'x'.repeat(80) };
    world.tryMany(6, () => attempt('::1', network));
    const untilMs = NOW_MS + 1800_000;
    expect(world.blocked.list(world.nowMs)).toEqual([
      { realm: 'x'.repeat(64), address: '2001:db8:0:1::/64', cause: 'failures', untilMs: untilMs + 1000 },
      { realm: 'shop', address: '192.0.2.7', cause: 'failures', untilMs },
    ]);
    expect(world.blocked.unblock(parseIp('192.0.2.8')!, world.nowMs)).toBe(0);
    expect(world.blocked.unblock(parseIp('2001:db8:0:1:2:3:4:5')!, world.nowMs)).toBe(1);
    expect(world.blocked.unblock(parseIp('192.0.2.7')!, world.nowMs)).toBe(1);
    expect(world.blocked.list(world.nowMs)).toEqual([]);
    expect(world.try(attempt())).toBe('ok');
  });
});
