import { expect, test } from 'vitest';
import { clientTag, counterKey } from './limit-keys.ts';

/** Strings of which UTF-8 makes the same, and one whose UTF-8 is the UTF-16 of another. */
const ALIKE = [
  '\ud800',
  '\udc00',
  '\ufffd',
  '\udc00\ud800',
  '\ufffd\ufffd',
  '\ud800\u0080',
  '\0\u0600\0',
  '\u00ff',
];

test('strings that are not well formed have names of their own', () => {
  expect(new Set(ALIKE.map(clientTag)).size).toBe(ALIKE.length);
  expect(new Set(ALIKE.map((scope) => counterKey(scope, 'tag'))).size).toBe(ALIKE.length);
});

test('a name is a hash tag without anything of the client, and stays what it is', () => {
  expect(clientTag('user-1')).toMatch(/^[\w-]{22}$/);
  expect(counterKey('tier', clientTag('user-1'))).toBe(
    `portcullis:limit:1:{xsKJ5J6cBbIUWGA4e3O8sY}:4pzMALLlTx1l0Eh`,
  );
});
