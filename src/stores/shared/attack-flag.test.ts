import { expect, test } from 'vitest';
import { AttackFlag, attackScale, createAttackFlag } from './attack-flag.ts';

test('is known to every thread at once, and ends by itself', () => {
  const buffer = createAttackFlag();
  const [one, other] = [new AttackFlag(buffer), new AttackFlag(buffer)];
  expect(other.read(0)).toEqual({ isOn: false, startedAtMs: 0, untilMs: 0 });
  one.set(1000, 5000);
  expect(other.read(4999)).toEqual({ isOn: true, startedAtMs: 1000, untilMs: 5000 });
  expect(other.read(5000).isOn).toBe(false);
});

test.each([
  ['a stranger', '', false, 2000, 0.5],
  ['a stranger whose credential nobody has looked at yet', '', true, 2000, 1],
  ['a verified caller', 'key:k', false, 2000, 1],
  ['a stranger, when it is over', '', false, 5000, 1],
])('%s', (_name, principal, mayBeKnown, nowMs, share) => {
  const flag = new AttackFlag(createAttackFlag());
  flag.set(1000, 5000);
  expect(attackScale(flag, { nowMs: () => nowMs }).shareOf(principal, '192.0.2.1', mayBeKnown)).toBe(share);
});
