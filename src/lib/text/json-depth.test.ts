import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkJson, type JsonLimits } from './json-depth.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const LIMITS: JsonLimits = { maxDepth: 32 };

/** 'ok', or the problem and its place. */
function verdict(body: string | Uint8Array, limits = LIMITS): string {
  const result = checkJson(typeof body === 'string' ? bytesOf(body) : body, limits);
  return result.ok ? 'ok' : `${result.problem} ${result.at}`;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  '0',
  '-0',
  '1',
  '-12.5e+3',
  '1E5',
  '0.0',
  '1e-07',
  'true',
  'false',
  'null',
  '""',
  '"a"',
  '[]',
  '{}',
  ' \t\r\n[ ] ',
  '[[],{}]',
  '{"a":{"a":{"a":[{"a":1},{"a":1}]}},"b":1}',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00"',
  '"\u007f\u00e9\u20ac\u{1f600}\u2028"',
  '{"":1," ":2}',
  '{"a":1,"A":2}',
  '[1,"a",null,true,{"a":[]}]',
  '"\\u0000"',
  '{"\\u0061b":1,"a":2,"b":3}',
  '{"__proto__":1}',
])('%s is JSON', (text) => {
  expect(verdict(text)).toBe('ok');
  expect(parses(text)).toBe(true);
});

test.each([
  ['', 0],
  [' ', 1],
  ['\ufeff{}', 0],
  ['[1,]', 3],
  ['{"a":1,}', 7],
  ['[,1]', 1],
  ['[1 2]', 3],
  ['{a:1}', 1],
  ["{'a':1}", 1],
  ['{"a"}', 4],
  ['{"a":}', 5],
  ['{"a" 1}', 5],
  ['{"a":1 "b":2}', 7],
  ['{1:2}', 1],
  ['NaN', 0],
  ['Infinity', 0],
  ['-Infinity', 1],
  ['undefined', 0],
  ['nul', 0],
  ['nulL', 0],
  ['nullx', 4],
  ['True', 0],
  ['01', 0],
  ['-01', 1],
  ['00', 0],
  ['+1', 0],
  ['.5', 0],
  ['1.', 2],
  ['1.e5', 2],
  ['1e', 2],
  ['1e+', 3],
  ['-', 1],
  ['0x10', 1],
  ['1_0', 1],
  ['"', 1],
  ['"a', 2],
  ['"\\"', 3],
  ['"\\x41"', 1],
  ['"\\u12"', 1],
  ['"\\u12g4"', 1],
  ['"\\', 1],
  ['"\n"', 1],
  ['"\t"', 1],
  ['"\0"', 1],
  ['"\u001f"', 1],
  ['"\\ud800"', 1],
  ['"\\udc00"', 1],
  ['"\\ud800\\ud800"', 1],
  ['"\\ud800\\n12345"', 1],
  ['"\\ud83d', 1],
  ['[', 1],
  ['{', 1],
  [']', 0],
  ['}', 0],
  ['[}', 1],
  ['{]', 1],
  ['[1}', 2],
  ['{"a":1]', 6],
  ['[]]', 2],
  ['{} {}', 3],
  ['1 2', 2],
  ['[]x', 2],
  ['// a', 0],
  ['[1/**/]', 2],
  ['\u00a01', 0],
  ['[1\u2028]', 2],
  ['[1\u000b]', 2],
  ['"a"b', 3],
  [':', 0],
  [',', 0],
])('%j is not: fault at %d', (text, at) => {
  expect(verdict(text)).toBe(`syntax ${at}`);
});

test.each([
  ['{"a":1,"a":2}', 'duplicate-key 7'],
  ['{"a":1,"\\u0061":2}', 'duplicate-key 7'],
  ['{"\\u0061":1,"a":2}', 'duplicate-key 12'],
  ['{"\\u0061":1,"\\u0061":2}', 'duplicate-key 12'],
  ['{"\\ud83d\\ude00":1,"\u{1f600}":2}', 'duplicate-key 18'],
  ['{"\\u00e9":1,"\u00e9":2}', 'duplicate-key 12'],
  ['{"\\u20AC\\u007f":1,"\u20ac\x7f":2}', 'duplicate-key 18'],
  ['{"\\/\\n":1,"/\\u000a":2}', 'duplicate-key 10'],
  ['{"":1,"":2}', 'duplicate-key 6'],
  ['{"a":{"b":1},"b":{"c":[{"d":1}]},"a":1}', 'duplicate-key 33'],
  ['[{"a":1},{"b":1,"b":1}]', 'duplicate-key 16'],
])('%s: %s', (text, expected) => {
  expect(verdict(text)).toBe(expected);
});

test.each([
  ['1', 0, undefined, 'ok'],
  ['[]', 0, undefined, 'depth 0'],
  ['[{}]', 2, undefined, 'ok'],
  ['[[{}]]', 2, undefined, 'depth 2'],
  ['[[],[],{"a":[]}]', 3, undefined, 'ok'],
  ['{"a":1,"b":2}', 9, 2, 'ok'],
  ['{"a":1,"b":2,"c":3}', 9, 2, 'keys 13'],
  ['[{"a":1,"b":2},{"a":1,"b":{"c":3,"d":4}}]', 9, 2, 'ok'],
  ['{}', 9, 0, 'ok'],
])('%s with depth %s and keys %s: %s', (text, maxDepth, maxKeys, expected) => {
  expect(verdict(text, { maxDepth, maxKeys })).toBe(expected);
});

test.each([
  [[0x22, 0xff, 0x22], 1],
  [[0x22, 0xc0, 0xaf, 0x22], 1],
  [[0x22, 0xed, 0xa0, 0x80, 0x22], 1],
  [[0x22, 0x61, 0xe2, 0x82, 0x22], 2],
  [[0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 1],
  [[0x22, 0xc3], 1],
])('bytes %j are not UTF-8', (bytes, at) => {
  expect(verdict(Uint8Array.from(bytes))).toBe(`utf8 ${at}`);
});

test('ten million brackets neither overflow nor take long', () => {
  const brackets = new Uint8Array(10 * 2 ** 20).fill(0x5b);
  expect(verdict(brackets)).toBe('depth 32');
  expect(verdict(brackets, { maxDepth: Number.POSITIVE_INFINITY })).toBe(`syntax ${brackets.length}`);
  brackets.fill(0x5d, brackets.length / 2);
  expect(verdict(brackets, { maxDepth: Number.POSITIVE_INFINITY })).toBe('ok');
});

test('many keys are told apart, and the table is fit for the next document', () => {
  const members = Array.from({ length: 100_000 }, (_, i) => `"k\\u0030${i}":${i}`);
  expect(verdict(`{${members.join()}}`)).toBe('ok');
  expect(verdict(`{${members.join()},"k099999":1}`)).toMatch('duplicate-key');
  expect(verdict('{"k01":1}')).toBe('ok');
  const nested = `${'{"a":'.repeat(5000)}1${',"b":2}'.repeat(5000)}`;
  expect(verdict(nested, { maxDepth: 5000 })).toBe('ok');
  expect(verdict(nested.replace(/"b":2\}$/, '"a":2}'), { maxDepth: 5000 })).toMatch('duplicate-key');
});

const DEEP: JsonLimits = { maxDepth: 1000 };

test('takes what JSON.stringify writes', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ noUnicodeString: false }),
      fc.constantFrom(undefined, 1, '\t'),
      (value, indent) => {
        expect(verdict(JSON.stringify(value, null, indent), DEEP)).toBe('ok');
      },
    ),
    { numRuns: 2000 },
  );
});

const mutation = fc.tuple(
  fc.nat(),
  fc.nat({ max: 3 }),
  fc.constantFrom(...'{}[]",:\\u0123456789deE+-.tfn \n\0é'),
);

/** JSON after a few edits: most of it broken in one place. */
const nearJson = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.array(mutation, { maxLength: 3 }))
  .map(([text, edits]) => {
    let edited = text;
    for (const [place, cut, char] of edits) {
      const at = place % (edited.length + 1);
      edited = edited.slice(0, at) + (cut === 3 ? '' : char) + edited.slice(at + Math.min(cut, 1));
    }
    return edited;
  });

/** Whether the text is JSON by JSON.parse, and what it means is written the same by JSON.stringify (no key was lost). */
function expectedVerdict(text: string): boolean {
  return (
    parses(text) &&
    !/\\u[dD][89a-fA-F]/.test(text) &&
    countKeys(JSON.parse(text)) === (text.match(/"\s*:/g) ?? []).length
  );
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, member) => sum + countKeys(member), own);
}

test('agrees with JSON.parse about edited JSON', () => {
  fc.assert(
    fc.property(nearJson, (text) => {
      const accepted = verdict(text, DEEP) === 'ok';
      if (accepted) expect(parses(text)).toBe(true);
      if (expectedVerdict(text)) expect(accepted).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test('finds a duplicate exactly where there is one', () => {
  const key = fc.constantFrom(
    '"a"',
    '"\\u0061"',
    '"b"',
    '"\\u0062"',
    '"ab"',
    '"\\u0061\\u0062"',
    '"é"',
    '"\\u00e9"',
    '""',
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 6 }), (keys) => {
      const unique = new Set(keys.map((k) => JSON.parse(k))).size === keys.length;
      expect(verdict(`{"x":[{${keys.map((k) => `${k}:{${k}:1}`).join()}}]}`) === 'ok').toBe(unique);
    }),
  );
});

test('any bytes give a verdict', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      if (verdict(bytes) === 'ok') expect(parses(Buffer.from(bytes).toString())).toBe(true);
    }),
  );
});
