import { expect, test } from 'vitest';
import type { Finding } from './detector.ts';
import { ThrottleBook } from './throttle-book.ts';

const SETTINGS = { holdMs: 1_800, reviewMs: 86_400 };
const finding = (over: Partial<Finding> = {}): Finding => ({
  client: 'a',
  isAddress: false,
  kind: 'unusual',
  score: 0.8,
  amongAll: 9,
  amongOwn: 9,
  drivers: [{ feature: 'requests', was: '511 requests', usual: '31 requests', deviation: 8, share: 1 }],
  ...over,
});
const calm = (): boolean => true;
const restless = (): boolean => false;
const kindsOf = (events: readonly { kind: string }[]): string[] => events.map(({ kind }) => kind);

test('a throttle holds its time, whatever is found meanwhile, and ends when the client is calm', () => {
  const book = new ThrottleBook();
  expect(kindsOf(book.step([finding()], SETTINGS, 0, calm))).toEqual(['throttled']);
  expect(book.step([finding()], SETTINGS, 60, restless)).toEqual([]);
  expect(book.step([], SETTINGS, 1_799, calm)).toEqual([]);
  expect(kindsOf(book.step([], SETTINGS, 1_800, calm))).toEqual(['restored']);
  expect(book.throttles).toEqual([]);
});

test('it begins anew for a client that is not calm at its end', () => {
  const book = new ThrottleBook();
  book.step([finding()], SETTINGS, 0, calm);
  const [event] = book.step([], SETTINGS, 1_800, restless);
  expect(event).toMatchObject({ kind: 'prolonged', throttle: { sinceMs: 0, untilMs: 3_600, prolonged: 1 } });
  expect(kindsOf(book.step([], SETTINGS, 3_600, calm))).toEqual(['restored']);
});

test('a principal and an address of the same text are two clients', () => {
  const book = new ThrottleBook();
  book.step([finding(), finding({ isAddress: true })], SETTINGS, 0, calm);
  expect(book.throttles).toHaveLength(2);
  expect(book.lift('a', true)).toMatchObject({ isAddress: true });
  expect(book.throttles).toHaveLength(1);
  expect(book.lift('b', true)).toBeNull();
});

test('a new country is told once in a day and makes no limit smaller', () => {
  const book = new ThrottleBook();
  const country = finding({ kind: 'new-country' });
  expect(kindsOf(book.step([country], SETTINGS, 0, calm))).toEqual(['review']);
  expect(book.step([country], SETTINGS, 86_399, calm)).toEqual([]);
  expect(kindsOf(book.step([country], SETTINGS, 86_400, calm))).toEqual(['review']);
  expect(book.throttles).toEqual([]);
});

test('a throttle that was decided before is taken over', () => {
  const book = new ThrottleBook();
  const [event] = book.step([finding()], SETTINGS, 0, calm);
  const after = new ThrottleBook();
  if (event !== undefined) after.resume(event.throttle);
  expect(kindsOf(after.step([], SETTINGS, 1_800, calm))).toEqual(['restored']);
});
