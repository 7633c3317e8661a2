import { expect, test } from 'vitest';
import { decodeBackslashes, decodePercent } from './decode.ts';

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

test.each([
  [String.raw`\u0027`, "'"],
  [String.raw`\u{27} \x27`, "' '"],
  [String.raw`\uff07`, "'"],
  [String.raw`C:\new\table`, String.raw`C:\new\table`],
  [String.raw`{"a":"b\n\/c\\u0027"}`, `{"a":"b\n/c\\u0027"}`],
  [String.raw`\u002 \xg1 \u{} \u{1234567}`, String.raw`\u002 \xg1 \u{} \u{1234567}`],
  ['\\', '\\'],
])('%s reads %s', (value, expected) => {
  expect(decodeBackslashes(value)).toBe(expected);
});
