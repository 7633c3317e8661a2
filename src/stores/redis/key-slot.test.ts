import { expect, test } from 'vitest';
import { keySlot } from './key-slot.ts';

// CRC-16/XMODEM of the digits is the check value of the specification, 0x31C3; the others are what CLUSTER KEYSLOT answers.
test.each([
  ['123456789', 0x31c3 % 16_384],
  ['', 0],
  ['foo', 12_182],
  ['{foo}.bar', 12_182],
  ['bar', 5061],
  ['{bar}{foo}', 5061],
  ['x{}{foo}', 9729],
  ['{foo', 13_308],
])('the slot of %j is %d', (key, slot) => {
  expect(keySlot(key)).toBe(slot);
});
