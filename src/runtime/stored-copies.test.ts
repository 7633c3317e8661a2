import { expect, test } from 'vitest';
import type { ApiKeyRecord } from '../core/ports.ts';
import type { KeyStore } from '../core/records.ts';
import { type KeyUpdate, MemoryApiKeys } from '../stores/memory/api-keys.ts';
import { StoredCopies } from './stored-copies.ts';

const record = (id: string, revokedAtMs = 0) => ({ id, revokedAtMs }) as ApiKeyRecord;

/** Copies in front of a store whose answers take their turns, and one thread that is given them. */
function world() {
  const stored = new Map<string, ApiKeyRecord>();
  const thread = new MemoryApiKeys();
  const given: KeyUpdate[] = [];
  let lists = 0;
  const later = async <T>(value: T): Promise<T> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    return value;
  };
  const store = {
    find: (id: string) => later(stored.get(id) ?? null),
    list: () => {
      lists++;
      return later([...stored.values()]);
    },
  } as unknown as KeyStore;
  const copies = new StoredCopies(store, async (update) => {
    given.push(update);
    thread.update(update);
    return { slowestMs: 0, slowestThread: 0 };
  });
  return { stored, thread, given, copies, lists: () => lists };
}

test('what threads end with is what the store had last, however updates overlap', async () => {
  const { stored, thread, copies } = world();
  stored.set('a', record('a'));
  const first = copies.apply(['a']);
  stored.set('a', record('a', 7));
  const second = copies.apply(['a']);
  await Promise.all([first, second]);
  expect(thread.find('a')?.revokedAtMs).toBe(7);
  expect(copies.records).toEqual([record('a', 7)]);
});

test('a key that is not in the store any more is taken from the threads', async () => {
  const { stored, thread, copies, given } = world();
  stored.set('a', record('a'));
  await copies.reload();
  stored.delete('a');
  await copies.apply(['a']);
  expect([thread.find('a'), copies.records]).toEqual([null, []]);
  expect(given.at(-1)).toEqual({ records: [], deleted: ['a'], isAll: false });
});

test('many changes at once are one look at everything', async () => {
  const { stored, thread, copies, lists } = world();
  for (let i = 0; i < 200; i++) stored.set(`k${i}`, record(`k${i}`));
  await copies.apply([...stored.keys()]);
  expect([lists(), thread.size]).toEqual([1, 200]);
});

test('an update that fails keeps nobody from the next one', async () => {
  const { stored, thread, copies } = world();
  stored.set('a', record('a'));
  stored.get = () => {
    throw new Error('gone');
  };
  await expect(copies.apply(['a'])).rejects.toThrow('gone');
  stored.get = Map.prototype.get;
  await copies.apply(['a']);
  expect(thread.find('a')?.id).toBe('a');
});
