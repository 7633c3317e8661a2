import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { ThreadKeySets } from './thread-key-sets.ts';

const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const jwks = (...kids: string[]) => JSON.stringify({ keys: kids.map((kid) => ({ ...jwk, kid })) });
const update = (text: string | null, problem = '') => ({
  issuerId: 'a',
  jwks: text,
  problem,
  fetchProblem: '',
  acceptSecrets: false,
});

let nowMs: number;
let asked: string[];
let settle: ((fetched: boolean) => void)[];
let sets: ThreadKeySets;

beforeEach(() => {
  nowMs = 1_000_000_000_000;
  asked = [];
  settle = [];
  sets = new ThreadKeySets({ nowMs: () => nowMs }, (issuerId, kid) => {
    asked.push(`${issuerId} ${kid}`);
    return new Promise((resolve) => settle.push(resolve));
  });
});

/** Refetches and has the control plane answer. */
async function refetch(kid: string, fetched = true) {
  const done = sets.refetch('a', kid);
  settle.shift()?.(fetched);
  await done;
}

describe('ThreadKeySets', () => {
  test('knows nothing before it is told', () => {
    expect([sets.find('a', 'k'), sets.version('a')]).toEqual([null, 0]);
    expect(sets.problem('a')).not.toBe('');
  });

  test('finds by kid, all without, and duplicates of one', () => {
    sets.update(update(jwks('k1', 'k2', 'k1')));
    expect(sets.find('a', 'k1')).toHaveLength(2);
    expect(sets.find('a', '')).toHaveLength(3);
    expect(sets.find('a', 'k3')).toEqual([]);
    expect(sets.find('a', '__proto__')).toEqual([]);
    expect(sets.find('b', 'k1')).toBeNull();
    expect(sets.problem('a')).toBe('');
  });

  test('secrets of a file do not stay when the same text comes from an address, and come when it is a file again', () => {
    const secret = { kty: 'oct', kid: 'k1', k: Buffer.alloc(32).toString('base64url') };
    const text = JSON.stringify({ keys: [secret, { ...jwk, kid: 'k2' }] });
    for (const acceptSecrets of [true, false, true]) {
      const version = sets.version('a');
      sets.update({ ...update(text), acceptSecrets });
      expect(sets.find('a', 'k1')).toHaveLength(acceptSecrets ? 1 : 0);
      expect(sets.version('a')).toBeGreaterThan(version);
    }
  });

  test('the version grows when keys change and only then', () => {
    sets.update(update(jwks('k1')));
    const version = sets.version('a');
    sets.update(update(jwks('k1')));
    expect(sets.version('a')).toBe(version);
    sets.update(update(jwks('k2')));
    expect(sets.version('a')).toBeGreaterThan(version);
    sets.update(update(null, 'gone'));
    expect(sets.version('a')).toBeGreaterThan(version + 1);
    expect([sets.find('a', 'k2'), sets.problem('a')]).toEqual([null, 'gone']);
  });

  test('secrets count only where the update says so', () => {
    const text = JSON.stringify({
      keys: [{ kty: 'oct', kid: 's', k: Buffer.alloc(32).toString('base64url') }],
    });
    sets.update(update(text));
    expect(sets.find('a', 's')).toEqual([]);
    sets.update({ ...update(null), issuerId: 'b' });
    sets.update({ issuerId: 'b', jwks: text, problem: '', fetchProblem: '', acceptSecrets: true });
    expect(sets.find('b', 's')).toHaveLength(1);
  });

  test('asks once for all who wait', async () => {
    sets.update(update(jwks('k1')));
    const waiting = Array.from({ length: 100 }, (_, i) => sets.refetch('a', `x${i}`));
    expect(asked).toEqual(['a x0']);
    settle[0]?.(true);
    await Promise.all(waiting);
    await Promise.all(Array.from({ length: 100 }, (_, i) => sets.refetch('a', `x${i}`)));
    expect(asked).toHaveLength(1);
  });

  test('asks for an unknown kid again after five minutes', async () => {
    sets.update(update(jwks('k1')));
    await refetch('x');
    nowMs += 5 * 60_000 - 1;
    await sets.refetch('a', 'x');
    expect(asked).toHaveLength(1);
    nowMs += 1;
    await refetch('x');
    expect(asked).toHaveLength(2);
  });

  test('a refetch that did not happen makes nothing unknown', async () => {
    sets.update(update(jwks('k1')));
    await refetch('x', false);
    await refetch('x', true);
    expect(asked).toHaveLength(2);
  });

  test('a flood of random kids asks ten times a minute', async () => {
    sets.update(update(jwks('k1')));
    for (let i = 0; i < 5000; i++) await refetch(`x${i}`);
    expect(asked).toHaveLength(10);
    nowMs += 59_999;
    for (let i = 0; i < 5000; i++) await refetch(`y${i}`);
    expect(asked).toHaveLength(10);
    nowMs += 1;
    for (let i = 0; i < 5000; i++) await refetch(`z${i}`);
    expect(asked).toHaveLength(20);
  });

  test('keeps asking within the budget while there are no keys', async () => {
    for (let i = 0; i < 50; i++) await refetch('k');
    expect(asked).toHaveLength(10);
  });

  test('a control plane that fails is no failure of the request', async () => {
    const failing = new ThreadKeySets({ nowMs: () => nowMs }, () => Promise.reject(new Error('gone')));
    await expect(failing.refetch('a', 'k')).resolves.toBeUndefined();
  });

  test('a clock that was set back does not stop the asking for long', async () => {
    sets.update(update(jwks('k1')));
    for (let i = 0; i < 20; i++) await refetch(`x${i}`);
    nowMs -= 3_600_000;
    await refetch('y');
    expect(asked).toHaveLength(11);
  });
});
