import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMediaType } from './media-type.ts';

test.each([
  ['application/json', 'application/json', {}],
  ['Text/HTML;Charset="utf-8"', 'text/html', { charset: 'utf-8' }],
  ['text/html; charset=UTF-8', 'text/html', { charset: 'UTF-8' }],
  ['text/html ;\tcharset=a ; b="c;\\"d"', 'text/html', { charset: 'a', b: 'c;"d' }],
  ['text/html;', 'text/html', {}],
  ['text/html; ;a=b;', 'text/html', { a: 'b' }],
  ['multipart/form-data; boundary="a b"', 'multipart/form-data', { boundary: 'a b' }],
  ['application/vnd.api+json;a=""', 'application/vnd.api+json', { a: '' }],
])('%s', (text, type, parameters) => {
  const media = parseMediaType(text);
  expect(media?.type).toBe(type);
  expect(Object.fromEntries(media?.parameters ?? [])).toEqual(parameters);
});

test.each([
  '',
  '/',
  'text',
  'text/',
  '/html',
  'text /html',
  'text/ html',
  ' text/html',
  'text/html ',
  'text/html a=b',
  'text/html,text/plain',
  'text/html;a',
  'text/html;a=',
  'text/html;a =b',
  'text/html;a= b',
  'text/html;a=b;A=c',
  'text/html;a="b',
  'text/html;a="b"c',
  'text/html;="b"',
  'text/html;a=b c',
  'text/html;a="\n"',
  'text//html',
  'te(xt/html',
  '*\u00e9/a',
])('%j is refused', (text) => {
  expect(parseMediaType(text)).toBeNull();
});

test('any text gives a media type or null', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab/;="\\ \t,'), maxLength: 30 });
  fc.assert(
    fc.property(text, (rest) => {
      const media = parseMediaType(`a/b${rest}`);
      if (media !== null) expect(media.type).toMatch(/^a\/b[ab]*$/);
    }),
    { numRuns: 2000 },
  );
});
