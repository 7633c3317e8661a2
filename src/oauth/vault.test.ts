import { expect, test } from 'vitest';
import { Vault } from './vault.ts';

const vault = new Vault('s'.repeat(43));

test('opens what it sealed, in its place', () => {
  const sealed = vault.seal('a', 'text ü');
  expect(vault.open('a', sealed)).toBe('text ü');
  expect(sealed).not.toContain(Buffer.from('text').toString('base64url'));
  expect(vault.seal('a', 'text ü')).not.toBe(sealed);
});

test.each([
  ['in another place', 'b', (sealed: string) => sealed],
  ['cut short', 'a', (sealed: string) => sealed.slice(0, -4)],
  ['changed', 'a', (sealed: string) => `${sealed.slice(0, 20)}AAAA${sealed.slice(24)}`],
  ['nothing', 'a', () => ''],
  ['something else', 'a', () => 'not sealed at all, but long enough to be something that was'],
])('does not open what is %s', (_, place, change) => {
  expect(vault.open(place, change(vault.seal('a', 'text')))).toBeNull();
});

test('another secret opens and finds nothing', () => {
  const other = new Vault('t'.repeat(43));
  expect(other.open('a', vault.seal('a', 'text'))).toBeNull();
  expect(other.hash('k', 'v')).not.toBe(vault.hash('k', 'v'));
  expect(other.derive('x')).not.toEqual(vault.derive('x'));
});

test('hashes of different kinds and values differ', () => {
  expect(vault.hash('k', 'v')).toBe(vault.hash('k', 'v'));
  expect(vault.hash('k', 'v')).not.toBe(vault.hash('l', 'v'));
  expect(vault.hash('k', 'v')).not.toBe(vault.hash('k', 'w'));
});
