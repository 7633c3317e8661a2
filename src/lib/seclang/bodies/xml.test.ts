import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XmlReader } from './xml.ts';

function read(body: string, step = Number.POSITIVE_INFINITY): XmlReader {
  const reader = new XmlReader(body);
  while (!reader.step(step));
  return reader;
}

const dtd = (document: string, subset: string): string => `<!DOCTYPE a [${subset}]>${document}`;

describe('the text of the root, and all attributes', () => {
  test.each<[string, string, string[]]>([
    ['<a>x</a>', 'x', []],
    ['<a b="1" c=\'2\'>x<d e="3">y</d>z</a>', 'xyz', ['1', '2', '3']],
    ['<a xmlns="u" xmlns:p="v" p:q="1" xml:id="i"/>', '', ['1', 'i']],
    ['<a><![CDATA[<x>&amp;]]></a>', '<x>&amp;', []],
    ['<a><!-- c -->x<?pi y?></a>', 'x', []],
    ['<a>]]&gt;&lt;&#65;&#x42;&amp;&apos;</a>', "]]><AB&'", []],
    ['<a>x\r\ny\rz\n</a>', 'x\ny\nz\n', []],
    ['<a b="x\r\n\ty&#10;z"/>', '', ['x  y\nz']],
    ['<a>\xc3\xa9</a>', '\xc3\xa9', []],
    ['<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', '\xc3\xa9', []],
    ['<?xml version="1.0" encoding="windows-1252"?><a>\x80</a>', '\xe2\x82\xac', []],
    ["<?xml version='1.1' encoding='utf-8' standalone='yes' ?>\n<a>x</a>", 'x', []],
    ['\xef\xbb\xbf<a>x</a>', 'x', []],
    ['\xff\xfe<\0a\0>\0x\0<\0/\0a\0>\0', 'x', []],
    ['\xfe\xff\0<\0a\0>\0x\0<\0/\0a\0>', 'x', []],
    [' <a>x</a> <!-- y --> ', 'x', []],
    ['<a ></a >', '', []],
    ['<a b = "1"/>', '', ['1']],
    ['<!DOCTYPE a PUBLIC "p" "x"><a>x</a>', 'x', []],
    ['<!DOCTYPE a SYSTEM "x"><a>&u;</a>', '', []],
    [dtd('<a>&x;</a>', '<!ENTITY x "hello">'), 'hello', []],
    [dtd('<a b="-&x;-"/>', '<!ENTITY x "hello">'), '', ['-hello-']],
    [dtd('<a>&x;</a>', '<!ENTITY x SYSTEM "file:///etc/passwd">'), '', []],
    [dtd('<a>&x;</a>', '<!ENTITY x "<b c=\'1\'>t</b>u">'), 'tu', ['1']],
    [dtd('<a>&y;</a>', '<!ENTITY x "1"><!ENTITY y "&x;&x;">'), '11', []],
    [dtd('<a>&x;</a>', '<!ENTITY x "&#38;#60;b">'), '<b', []],
    [dtd('<a>&x;</a>', '<!ENTITY x "one"><!ENTITY x "two">'), 'one', []],
    [dtd('<a>x</a>', '<!ELEMENT a ANY><!ATTLIST a b CDATA "]>"><!-- ]> --><?p ]> ?>'), 'x', []],
  ])('%s', (body, text, attributes) => {
    const reader = read(body);
    expect(reader.error).toBe('');
    expect(reader.rootTexts).toEqual([text]);
    expect(reader.attributes).toEqual(attributes);
  });
});

describe('what is not well-formed is an error', () => {
  test.each([
    '',
    ' ',
    'x',
    '<a>',
    '<a',
    '<a/',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/>y',
    'x<a/>',
    '<a/><b/>',
    '<1/>',
    '< a/>',
    '<a b="1" b="2"/>',
    '<a b="1"c="2"/>',
    '<a b="<"/>',
    '<a b=1/>',
    '<a b/>',
    '<a b="1',
    '<a>\x01</a>',
    '<a>\xe9</a>',
    '<a>\xef\xbf\xbe</a>',
    '<a>]]></a>',
    '<a><!-- -- --></a>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<![CDATA[x]]><a/>',
    '<a>&#0;</a>',
    '<a>&#xFFFE;</a>',
    '<a>&#x110000;</a>',
    '<a>&#99999999999999999999;</a>',
    '<a>&u;</a>',
    '<a>& </a>',
    '<a>&x</a>',
    '<a b="&u;"/>',
    '<a b="& "/>',
    '<a><?xml version="1.0"?></a>',
    '<a><?XML x?></a>',
    '<a><??></a>',
    '<a><?x</a>',
    ' <?xml version="1.0"?><a/>',
    '<?xml version="2.0"?><a/>',
    '<?xml encoding="UTF-8"?><a/>',
    '<?xml version="1.0" encoding="UTF-7"?><a/>',
    '<?xml version="1.0" encoding="UTF-16"?><a/>',
    '<\0a\0/\0>\0',
    '\xff\xfe<\0a',
    '\xff\xfe<\0a\0>\0\0\xd8<\0/\0a\0>\0',
    '<!doctype a><a/>',
    '<a/><!DOCTYPE a>',
    '<!DOCTYPE a><!DOCTYPE a><a/>',
    '<!DOCTYPE a [x]><a/>',
    '<!DOCTYPE a [<!ENTITY x "y"><a/>',
    dtd('<a b="&x;"/>', '<!ENTITY x SYSTEM "y">'),
    dtd('<a>&x;</a>', '<!ENTITY x "&y;"><!ENTITY y "&x;">'),
    dtd('<a b="&x;"/>', '<!ENTITY x "&x;">'),
    dtd('<a>&x;</a>', '<!ENTITY x "<b>">'),
    dtd('<a>&x;</b>', '<!ENTITY x "</a><b>">'),
    dtd('<a b="&x;"/>', '<!ENTITY x "&#60;">'),
    dtd('<a>&x;</a>', '<!NOTATION n SYSTEM "x"><!ENTITY x SYSTEM "y" NDATA n>'),
    dtd('<a/>', '<!ENTITY % p "x">%p;'),
    dtd('<a/>', '<!ENTITY x "%p;">'),
    `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`,
  ])('%s', (body) => {
    expect(read(body).error).toMatch(/^XML parsing error: ./);
  });
});

describe('entities do not outgrow their budget', () => {
  const levels = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join(
    '',
  );
  const laughs = `<!ENTITY e0 "ha">${levels}`;
  const chain = Array.from({ length: 20_000 }, (_, i) => `<!ENTITY c${i + 1} "&c${i};">`).join('');
  const deep = `<!ENTITY c0 "x">${chain}`;
  const big = `<!ENTITY e "${'x'.repeat(10_000)}">`;

  test.each([
    ['laughs in the text', dtd('<a>&e9;</a>', laughs)],
    ['laughs in an attribute', dtd('<a b="&e9;"/>', laughs)],
    ['a chain in the text', dtd('<a>&c20000;</a>', deep)],
    ['a chain in an attribute', dtd('<a b="&c20000;"/>', deep)],
    ['a large one often', dtd(`<a>${'&e;'.repeat(100_000)}</a>`, big)],
  ])('%s', (_what, body) => {
    const reader = read(body);
    expect(reader.error).not.toBe('');
    expect(reader.rootTexts.join('').length + reader.attributes.join('').length).toBeLessThan(
      65_537 + body.length,
    );
  });
});

describe('anything at all', () => {
  const piece = fc.constantFrom(
    ...[
      '<a>',
      '</a>',
      '<a b="',
      '"',
      "'",
      '/>',
      '>',
      '<',
      '&',
      ';',
      '&lt;',
      '&x;',
      'x',
      ' ',
      '\n',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
    ],
    ...['<?', '?>', '<!DOCTYPE a', '[', ']', '<!ENTITY x "', '%', 'SYSTEM "y"', '\xff', '\0'],
  );
  test('in steps it is what it is at once, and nothing makes it throw', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
        fc.integer({ min: 1, max: 9 }),
        (body, step) => {
          const [once, stepped] = [read(`<a>${body}</a>`), read(`<a>${body}</a>`, step)];
          expect(stepped.error).toBe(once.error);
          expect(stepped.rootTexts).toEqual(once.rootTexts);
          expect(stepped.attributes).toEqual(once.attributes);
          read(body);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['attributes of one tag', `<a ${Array.from({ length: 1_100 }, (_, i) => `x${i}=""`).join(' ')}/>`],
    ['attributes', `<a>${'<b c=""/>'.repeat(100_001)}</a>`],
    ['references in one value', `<a b="${'&lt;'.repeat(40_000)}"/>`],
    ['bytes to convert', `<?xml version="1.0" encoding="ISO-8859-1"?><a>${'x'.repeat(1_100_000)}</a>`],
    ['declarations', dtd('<a/>', '<!ELEMENT a ANY>'.repeat(5_000))],
  ])('there may only be so many %s', (_what, body) => {
    expect(read(body).error).not.toBe('');
  });

  test('CDATA sections are cut nowhere that matters either', () => {
    const filler = 'x'.repeat(32_767);
    const body = `<a><![CDATA[${filler}\r\n${filler}&\r]]>y</a>`;
    expect(read(body, 1_000).rootTexts).toEqual([`${filler}\n${filler}&\ny`]);
    for (let length = 32_764; length < 32_770; length++) {
      expect(read(`<a><![CDATA[${'x'.repeat(length)}\xef\xbf\xbe]]></a>`).error).not.toBe('');
    }
  });

  test('a long text is cut nowhere that matters', () => {
    const filler = 'x'.repeat(32_767);
    expect(read(`<a>${filler}\r\n${filler}\r${filler}</a>`).rootTexts).toEqual([
      `${filler}\n${filler}\n${filler}`,
    ]);
    for (const end of [']]>', ']]]>', '\xef\xbf\xbe']) {
      for (let length = 32_763; length < 32_770; length++) {
        expect(read(`<a>${'x'.repeat(length)}${end}</a>`).error).not.toBe('');
      }
    }
  });

  test.each([
    ['open tags', '<a>'.repeat(300_000)],
    ['ampersands', `<a>${'&'.repeat(1_000_000)}`],
    ['ampersands in a value', `<a b="${'&'.repeat(1_000_000)}"/>`],
    ['attributes', `<a ${Array.from({ length: 80_000 }, (_, i) => `x${i}=""`).join(' ')}/>`],
    ['quotes in a declaration', dtd('<a/>', `<!ATTLIST a ${'"" '.repeat(300_000)}`)],
    ['names in a declaration', dtd('<a/>', `<!ELEMENT ${'a '.repeat(500_000)}`)],
    ['comments', `<a>${'<!---->'.repeat(150_000)}`],
    ['references', `<a>${'&lt;'.repeat(250_000)}</a>`],
  ])('a megabyte of %s is over soon', (_what, body) => {
    read(body);
  });
});
