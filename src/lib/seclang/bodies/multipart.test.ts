import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MultipartReader } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=B';

function read(
  body: string,
  contentType = TYPE,
  step = Number.POSITIVE_INFINITY,
  argumentsLimit = 100,
): MultipartReader {
  const options = { contentType, argumentSeparator: '&', argumentsLimit, jsonDepthLimit: 10 };
  const reader = new MultipartReader(body, options);
  while (!reader.step(step));
  return reader;
}

const pairs = ({ names, values }: { names: string[]; values: string[] }): string[][] =>
  names.map((name, i) => [name, values[i] as string]);

const flagsOf = ({ flags }: MultipartReader): string[] =>
  Object.entries(flags)
    .filter(([name, isSet]) => isSet && name !== 'crlfLine')
    .map(([name]) => name);

const PART = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n';
const END = '--B--\r\n';

test('fields are arguments, files are not', () => {
  const file =
    '--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\none\r\ntwo\r\n';
  const reader = read(PART + file + END);
  expect(pairs(reader.values)).toEqual([['a', 'v']]);
  expect(pairs(reader.files)).toEqual([['f', 'x.txt']]);
  expect(pairs(reader.fileSizes)).toEqual([['f', '8']]);
  expect(pairs(reader.fileContents)).toEqual([['f', 'one\r\ntwo']]);
  expect(reader.filesLength).toBe(8);
  expect(pairs(reader.partHeaders)).toEqual([
    ['a', 'Content-Disposition: form-data; name="a"'],
    ['f', 'Content-Disposition: form-data; name="f"; filename="x.txt"'],
    ['f', 'Content-Type: text/plain'],
  ]);
  expect(reader.error).toBe('');
  expect(reader.flags.strictError).toBe(false);
});

describe('what is odd raises its flag and no error', () => {
  test.each<[string, string, string, string[]]>([
    ['nothing', PART + END, TYPE, []],
    ['no line break behind the end', `${PART}--B--`, TYPE, []],
    ['data behind', `${PART}${END}after`, TYPE, ['dataAfter']],
    ['data before', `before\r\n${PART}${END}`, TYPE, ['dataBefore']],
    ['something like a boundary in a line', `${PART}x--B\r\n${END}`, TYPE, ['unmatchedBoundary']],
    ['a line that begins like one', `${PART}--C\r\n${END}`, TYPE, ['unmatchedBoundary']],
    ['lines that end in LF', (PART + END).replaceAll('\r\n', '\n'), TYPE, ['lfLine']],
    ['a boundary in quotes', PART + END, 'multipart/form-data; boundary="B"', ['boundaryQuoted']],
    [
      'a space before the equals sign',
      PART + END,
      'multipart/form-data; boundary =B',
      ['boundaryWhitespace'],
    ],
    ['no semicolon', PART + END, 'multipart/form-data boundary=B', ['missingSemicolon']],
    ['a folded header', PART.replace('; name', ';\r\n name') + END, TYPE, ['headerFolding']],
    [
      'a header folded with VT',
      PART.replace('; name', ';\r\n\v name') + END,
      TYPE,
      ['headerFolding', 'invalidHeaderFolding'],
    ],
    ['a name in single quotes', PART.replaceAll('"', "'") + END, TYPE, ['invalidQuoting']],
    [
      'a boundary without a line break before it',
      PART.replace('v\r\n', '--B\r\n') + END,
      TYPE,
      ['invalidPart'],
    ],
  ])('%s', (_what, body, type, flags) => {
    const reader = read(body, type);
    expect(reader.error).toBe('');
    expect(flagsOf(reader)).toEqual(flags);
    expect(reader.flags.strictError).toBe(flags.some((flag) => flag !== 'unmatchedBoundary'));
    expect(reader.values.names).toEqual(['a']);
  });
});

describe('what cannot be told apart is an error, and gives no arguments', () => {
  test.each<[string, string]>([
    ['Invalid boundary: --Bx\\r\\n', `${PART}--Bx\r\n${END}`],
    ['Invalid boundary (whitespace).', `${PART}-- B\r\n${END}`],
    ['Final boundary missing.', PART],
    ['No boundaries found in payload.', 'nothing'],
    ['Invalid part header (folding error).', `--B\r\n x: y\r\n\r\nv\r\n${END}`],
    ['Invalid part header (colon missing): X\\r\\n.', `--B\r\nX\r\n\r\nv\r\n${END}`],
    ['Invalid part header (header name missing).', `--B\r\n: x\r\n\r\nv\r\n${END}`],
    ['Duplicate part header: x.', `--B\r\nX: 1\r\nx: 2\r\n\r\nv\r\n${END}`],
    ['Part missing Content-Disposition header.', `--B\r\nX: 1\r\n\r\nv\r\n${END}`],
    ['Nul byte in part headers.', `--B\r\nX: \0\r\n\r\nv\r\n${END}`],
    ['Part header line over 4096 bytes long', `--B\r\nX: ${'y'.repeat(5_000)}\r\n\r\nv\r\n${END}`],
  ])('%s', (message, body) => {
    const reader = read(body);
    expect(reader.error).toBe(`Multipart parsing error: Multipart: ${message}`);
    expect(reader.values.length).toBe(0);
  });

  test.each<[string, number]>([
    ['attachment; name="a"', -1],
    ['form-dataX; name="a"', -2],
    ['form-data; name="a"; ', -3],
    ['form-data; name', -4],
    ['form-data; name=', -6],
    ['form-data; name="', -7],
    ['form-data; name="a', -10],
    ['form-data; name="a"; x=y', -11],
    ['form-data; name="a"; filename*=utf-8\'\'x', -11],
    ['form-data; name="a"x', -12],
    ['form-data; name="a"; name="b"', -14],
    ['form-data; name="a"; filename="b"; filename="c"', -15],
  ])('Content-Disposition: %s', (field, mistake) => {
    const reader = read(`--B\r\nContent-Disposition: ${field}\r\n\r\nv\r\n${END}`);
    expect(reader.error).toContain(`Invalid Content-Disposition header (${mistake})`);
  });

  test.each<[string, string]>([
    ['multipart/form-data', 'Boundary not found in C-T.'],
    ['multipart/form-data; BOUNDARY=B', 'Invalid boundary in C-T (case sensitivity).'],
    ['multipart/form-data; boundary=B; boundary=C', 'Multiple boundary parameters in C-T.'],
    ['multipart/form-data; charset=x; boundary=B', 'Invalid boundary in C-T (malformed).'],
    ['multipart/form-data; boundary=B; charset=x', 'Invalid boundary in C-T (characters).'],
    ['multipart/form-data; boundary="B', 'Invalid boundary in C-T (quote).'],
    ['multipart/form-data; boundary=', 'Invalid boundary in C-T (empty).'],
    ['multipart/form-data; boundaryx=B', 'Invalid boundary in C-T (parameter name).'],
    ['multipart/form-data; boundary="boundary=B"', 'Multiple boundary parameters in C-T.'],
    [`multipart/form-data; boundary=${'B'.repeat(1_024)}`, 'Invalid boundary in C-T (length).'],
    ['text/plain; boundary=B', 'Invalid MIME type.'],
  ])('Content-Type: %s', (type, message) => {
    const reader = read(PART + END, type);
    expect(reader.error).toBe(`Multipart: ${message}`);
    expect(reader.flags.strictError).toBe(true);
  });
});

test('more headers than a part may have', () => {
  const lines = Array.from({ length: 1_001 }, (_, i) => `x${i}: y\r\n`).join('');
  expect(read(`--B\r\n${lines}\r\nv\r\n${END}`).error).toContain('Too many part headers');
});

test('more files than there may be arguments', () => {
  const file = '--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nv\r\n';
  expect(read(file.repeat(3) + END, TYPE, 1_000, 2).error).toBe('SecArgumentsLimit exceeded');
});

test('more fields than there may be arguments', () => {
  const reader = read(PART + PART + PART + END, TYPE, 1_000, 2);
  expect(reader.values.length).toBe(2);
  expect(reader.error).toBe('SecArgumentsLimit exceeded');
});

describe('anything at all', () => {
  const piece = fc.constantFrom(
    '--B',
    '--',
    '-',
    'B',
    '\r\n',
    '\n',
    '\r',
    '\0',
    'Content-Disposition: form-data; name="a"',
    '; filename="',
    '"',
    "'",
    ':',
    ' ',
    '\xff',
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  test('in steps it is what it is at once, and nothing makes it throw', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), fc.boolean(), (body, step, isWhole) => {
        const whole = isWhole ? PART + body + END : body;
        const [once, stepped] = [read(whole), read(whole, TYPE, step)];
        expect(pairs(stepped.values)).toEqual(pairs(once.values));
        expect(pairs(stepped.files)).toEqual(pairs(once.files));
        expect(stepped.flags).toEqual(once.flags);
        expect(stepped.error).toBe(once.error);
      }),
    );
  });

  test.each([
    ['boundaries in one line', '--B'.repeat(300_000)],
    ['line breaks', `${PART}${'\n'.repeat(1_000_000)}`],
    ['hyphens', `${PART}${'--\n'.repeat(300_000)}`],
    ['headers of one part', `--B\r\n${Array.from({ length: 60_000 }, (_, i) => `x${i}: y\r\n`).join('')}`],
    ['parts', PART.repeat(20_000)],
    ['folds', `--B\r\nX: y\r\n${' z\r\n'.repeat(200_000)}`],
  ])('a megabyte of %s is over soon', (_what, body) => {
    expect(read(body).error).not.toBe('');
  });
});
