import { expect, test } from 'vitest';
import { redactText } from './redact.ts';

const REFERENCE = '$' + '{env:X}';

test.each([
  ['a secret', 'The origin "s3cr3t-value" is odd.', 's3cr3t-value', `The origin "${REFERENCE}" is odd.`],
  ['a secret inside', 'see http://s3cr3t@host', 's3cr3t', `see http://${REFERENCE}@host`],
  ['an escaped one', 'the text "a\\"b\\nc"', 'a"b\nc', `the text "${REFERENCE}"`],
  ['a number', 'Port 8080 is not 18080.', '8080', `Port ${REFERENCE} is not 18080.`],
  ['a short word, quoted', 'a `ab` is about', 'ab', `a \`${REFERENCE}\` is about`],
  ['a short number in a sentence', 'at most 2 of them', '2', 'at most 2 of them'],
  ['what is nobody’s secret', 'must be `true`', 'true', 'must be `true`'],
  ['replacement patterns', 'the $& text', '$& text', `the ${REFERENCE}`],
])('%s', (_, text, value, expected) => {
  expect(redactText(text, new Map([[REFERENCE, value]]))).toBe(expected);
});
