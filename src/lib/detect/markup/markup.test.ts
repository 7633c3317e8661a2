import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findScripting } from './markup.ts';

describe('what surely runs in a page', () => {
  test.each([
    ['<script>alert(1)</script>', 'a script'],
    ['<img src=x onerror=alert(1)>', 'an event'],
    ['<svg/onload=confirm`1`>', 'no white space, no brackets'],
    ['<a href="java\tscript:alert(1)">x</a>', 'white space in the scheme'],
    ['<a href=j&#97;vascript&#x3A;alert(1)>x</a>', 'character references'],
    ['<a href=j&#97v&#97script&#x3A;&#97lert(1)>x</a>', 'character references without an end'],
    ['<iframe src=//example.net>', 'another document'],
    ['<div style="width:expr/**/ession(alert(1))">', 'a style'],
    ['" onmouseover="alert(1)', 'an attribute of the tag around it'],
    ["';alert(1)//", 'a string of the script around it'],
    ['"-confirm(document.domain)-"', 'an expression in a string'],
    ['javascript:alert(document.cookie)', 'an address'],
    ['data:text/html,<script>alert(0)</script>', 'a document in an address'],
    ['%3Cscript%3Ealert(1)%3C/script%3E', 'escaped once more'],
    ['\\u003cscript\\u003ealert(1)', 'escaped for a script'],
    ['&#60;script&#62;alert(1)', 'brackets as numbers'],
    ['+ADw-script+AD4-alert(1)', 'UTF-7'],
    ['<scr\0ipt>alert(1)</script>', 'a zero in the name'],
    ['<math><mtext></table><style><img src=x onerror=alert(1)></style>', 'foreign content'],
    ['[].constructor.constructor("alert(1)")()', 'a way round names'],
  ])('%s: %s', (value) => {
    expect(findScripting(value)?.certainty).toBe('sure');
  });
});

describe('what people write', () => {
  test.each([
    'a < b and c > d',
    'I <3 you',
    '<b>bold</b> and <a href="https://example.org/x">a link</a>',
    '<p style="color:red">Hello</p><img src="/a.png" alt="A"><br />',
    '<table border="1"><tr><td>1</td></tr></table>',
    'if (a < b) { return c; }',
    'TypeError: x is undefined at Object.<anonymous> (https://example.org/a.js:1:2)',
    'online=true&only=1&once=2',
    'please confirm (by mail)',
    'the document is in the top drawer',
    'Vector<String> list = new ArrayList<>()',
    'price=5&location=Paris',
  ])('%s', (value) => {
    expect(findScripting(value)).toBeNull();
  });

  test.each([
    '{"destination":"javascript:void(0)"}',
    '&lt;script&gt; and &lt;/script&gt;',
    '<iframe src="https://www.youtube.com/embed/x" width="100"></iframe>',
  ])('%s is likely at most', (value) => {
    expect(findScripting(value)?.certainty ?? 'likely').toBe('likely');
  });
});

test('no value breaks it', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '=',
    'a',
    '/',
    ' ',
    'onload',
    'script',
    '&#60;',
    '&lt',
    '\\u003c',
    '%3c',
    '(',
    'alert',
    '<a b="',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      findScripting(pieces.join(''));
    }),
  );
});

test.each([
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<a href="javascript:alert(1)">',
  '<img a b c d e f onerror=alert(1)>',
])('behind tags in tags in tags is still found: %s', (attack) => {
  expect(findScripting(`${'<a a='.repeat(1_000)}>${attack}`)?.certainty).toBe('sure');
  expect(findScripting(`${'<a a='.repeat(1_000)}" ${attack}`)?.certainty).toBe('sure');
});
