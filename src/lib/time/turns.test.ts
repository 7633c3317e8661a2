import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('one at a time, in order, whatever fails', async () => {
  const turns = new Turns();
  const events: string[] = [];
  let release = (): void => {};
  const first = turns.take(async () => {
    events.push('first begins');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    events.push('first ends');
    throw new Error('no luck');
  });
  const second = turns.take(() => events.push('second'));
  const failed = expect(first).rejects.toThrow('no luck');
  await Promise.resolve();
  expect(events).toEqual(['first begins']);
  release();
  await failed;
  expect(await second).toBe(3);
  expect(events).toEqual(['first begins', 'first ends', 'second']);
  await turns.settled();
});
