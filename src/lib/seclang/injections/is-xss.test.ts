import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HTML_CONTEXTS } from './html-states.ts';
import { HtmlTokens } from './html-tokens.ts';
import { isXss } from './is-xss.ts';

test.each([
  '<script>alert(1)</script>',
  '<ScRiPt\0>',
  '<scr\0ipt>',
  '<svg/onload=1>',
  '<svg:rect>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover=alert(1) x='",
  'x onfocus=1',
  '`onclick=1',
  '<a href="javascript:x">',
  '<a href=" \x01java\nscript:x">',
  '<a href="&#x6a;&#97;va:x">',
  '<a href=data:text/html,x>',
  '<x style=1>',
  '<!DOCTYPE x>',
  '<!--[if IE]-->',
  '<!-- ` -->',
  '<?xml-stylesheet x?>',
  '<% ` %>',
  '<iframe',
  '<base href=//x>',
  '<animate attributeName=href to=1>',
])('%j runs a script', (value) => {
  expect(isXss(value)).toBe(true);
});

test.each([
  '',
  'plain text',
  'a < b and c > d',
  'a=b&c=d',
  '1 < 2 = true',
  '<b>bold</b>',
  '<p class="x">text</p>',
  '<a href="https://example.com/">x</a>',
  '<img src="/a.png" alt="x">',
  'once=1',
  'x="y" z=\'w\'',
  '<3',
  '</b>',
  'https://example.com/?a=1&b=2',
])('%j runs none', (value) => {
  expect(isXss(value)).toBe(false);
});

test('whatever the bytes are, tokens come in order and end', () => {
  const bytes = fc.string({ unit: fc.constantFrom(...'<>!-/=\'"`[]?%& \0\nax'), maxLength: 60 });
  fc.assert(
    fc.property(bytes, fc.constantFrom(...HTML_CONTEXTS), (text, context) => {
      const tokens = new HtmlTokens(text, context);
      let at = 0;
      for (let count = 0; tokens.next(); count++) {
        expect(tokens.from).toBeGreaterThanOrEqual(at);
        expect(tokens.to).toBeLessThanOrEqual(text.length);
        expect(count).toBeLessThanOrEqual(2 * text.length + 1);
        at = tokens.to;
      }
    }),
  );
});
