import { describe, expect, test } from 'vitest';
import { bypassWith, ruleWith } from '../../../test/support/waf-records.ts';
import { type Ip, parseIp } from '../../lib/ip/address.ts';
import { MemoryWafGovernance } from './waf-governance.ts';

const ip = (text: string): Ip => parseIp(text) as Ip;
const approved = (change = {}) =>
  bypassWith({ approver: 'bob', approvedAtMs: 2_000, expiresAtMs: 10_000, ...change });
const idsAt = (governance: MemoryWafGovernance, nowMs: number, address = '192.0.2.7', path = '/a') =>
  governance.bypasses(ip(address), path, nowMs).map(({ id }) => id);

describe('bypasses', () => {
  test('nothing is made where there are none', () => {
    const governance = new MemoryWafGovernance();
    const first = governance.bypasses(ip('192.0.2.7'), '/', 1);
    expect(governance.bypasses(ip('::1'), '/x', 2)).toBe(first);
    const other = new MemoryWafGovernance([approved({ path: '/b' })]);
    expect(other.bypasses(ip('192.0.2.7'), '/', 3_000)).toBe(first);
  });

  test.each([
    ['waits for approval', { approvedAtMs: 0 }, 3_000, []],
    ['before its approval, by a clock that was set back', {}, 1_999, []],
    ['from its approval on', {}, 2_000, ['bp1']],
    ['until its end', {}, 9_999, ['bp1']],
    ['at its end', {}, 10_000, []],
    ['ended by somebody', { endedAtMs: 2_500 }, 3_000, []],
    ['a network that nobody can read', { network: '10.0.0.0/99' }, 3_000, []],
  ])('%s', (_, change, nowMs, expected) => {
    expect(idsAt(new MemoryWafGovernance([approved(change)]), nowMs)).toEqual(expected);
  });

  test('one that was seen to be over does not come back when the clock is set back', () => {
    const governance = new MemoryWafGovernance([approved(), approved({ id: 'bp2', expiresAtMs: 20_000 })]);
    expect(idsAt(governance, 10_000)).toEqual(['bp2']);
    expect(idsAt(governance, 9_000)).toEqual(['bp2']);
    governance.updateBypasses({ records: [approved()], deleted: [], isAll: false });
    expect(idsAt(governance, 9_000)).toEqual(['bp2']);
    governance.updateBypasses({ records: [approved()], deleted: [], isAll: true });
    expect(idsAt(governance, 9_000)).toEqual([]);
  });

  test.each([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '192.0.2.7', false],
  ])('a network %s and the address %s: %s', (network, address, isIt) => {
    const governance = new MemoryWafGovernance([approved({ network })]);
    expect(idsAt(governance, 3_000, address)).toEqual(isIt ? ['bp1'] : []);
  });

  test.each([
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a', '/A', false],
    ['/a/b', '/a', false],
    ['/a/', '/a/b', true],
    ['/a/', '/a', false],
  ])('a path %s and %s: %s', (path, asked, isIt) => {
    const governance = new MemoryWafGovernance([approved({ path })]);
    expect(idsAt(governance, 3_000, '192.0.2.7', asked)).toEqual(isIt ? ['bp1'] : []);
  });

  test('changes are taken in', () => {
    const governance = new MemoryWafGovernance([approved()]);
    governance.updateBypasses({ records: [approved({ id: 'bp2' })], deleted: ['bp1'], isAll: false });
    expect(idsAt(governance, 3_000)).toEqual(['bp2']);
    governance.updateBypasses({ records: [], deleted: [], isAll: true });
    expect(idsAt(governance, 3_000)).toEqual([]);
  });
});

describe('isOnTrial', () => {
  test.each([
    ['the operator’s own, unknown yet', ruleWith(), true],
    ['one that only prepares', ruleWith({ role: 'prepare' }), false],
    ['one that ends requests because of a score', ruleWith({ role: 'score' }), false],
    ['of a released set', ruleWith({ origin: 'include' }), false],
    ['shipped', ruleWith({ origin: 'shipped' }), false],
  ])('%s', (_, rule, isIt) => {
    expect(new MemoryWafGovernance().isOnTrial(rule)).toBe(isIt);
  });

  test('is what the records say of the rule with this meaning, and the version tells of changes', () => {
    const governance = new MemoryWafGovernance([], [{ id: '100001.aa', isOnTrial: false }]);
    const { version } = governance;
    expect(governance.isOnTrial(ruleWith())).toBe(false);
    expect(governance.isOnTrial(ruleWith({ fingerprint: 'bb' }))).toBe(true);
    const crs = ruleWith({ id: 7, origin: 'include' });
    governance.updateTrials({ records: [{ id: '7.aa', isOnTrial: true }], deleted: [], isAll: false });
    expect(governance.isOnTrial(crs)).toBe(true);
    expect(governance.version).toBeGreaterThan(version);
    governance.updateTrials({ records: [], deleted: ['7.aa'], isAll: false });
    expect(governance.isOnTrial(crs)).toBe(false);
  });

  test('what is shipped is never on trial, whatever the records say', () => {
    const governance = new MemoryWafGovernance([], [{ id: '100001.aa', isOnTrial: true }]);
    expect(governance.isOnTrial(ruleWith({ origin: 'shipped' }))).toBe(false);
  });
});
