import { expect, test } from 'vitest';
import { decodePercent } from './decode.ts';

test.each([
  ['a%20b', 'a b'],
  ['%u0027', "'"],
  ['%uff1cscript%uff1e', '<script>'],
  ['100% sure', '100% sure'],
  ['%2', '%2'],
  ['%zz%41', '%zzA'],
  ['a+b', 'a b'],
  ['a+b c', 'a+b c'],
])('%s reads %s', (value, expected) => {
  expect(decodePercent(value, true)).toBe(expected);
});
