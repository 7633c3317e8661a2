import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { EngineSettings } from '../syntax/rule.ts';
import type { RequestInput } from '../transaction.ts';
import { RequestView } from './request-view.ts';
import { VARIABLES } from './table.ts';

const SETTINGS: EngineSettings = {
  engine: 'on',
  requestBodyAccess: true,
  responseBodyAccess: false,
  requestBodyLimitBytes: 1_000_000,
  requestBodyNoFilesLimitBytes: 1_000_000,
  requestBodyJsonDepth: 10_000,
  requestBodyLimitAction: 'reject',
  responseBodyLimitBytes: 1_000_000,
  responseBodyLimitAction: 'reject',
  responseBodyTypes: [],
  argumentsLimit: 1_000,
  argumentSeparator: '&',
  cookieFormat: 0,
  collectionTimeoutS: 3_600,
  pcreMatchLimit: 1_500,
  unicodeMap: new Map(),
  webAppId: '',
  serverSignature: '',
  componentSignatures: [],
};

function requestOf(more: Partial<RequestInput> = {}): RequestInput {
  return {
    uniqueId: 'u1',
    startedAtMs: new Date(2026, 1, 3, 4, 5, 6).getTime(),
    clientAddress: '192.0.2.1',
    clientPort: 1234,
    serverAddress: '198.51.100.1',
    serverPort: 443,
    method: 'POST',
    target: '/a/b%41.php?q=1&b=2%20x',
    protocol: 'HTTP/1.1',
    headerNames: ['Host', 'X-A', 'Content-Type', 'x-a', 'Cookie'],
    headerValues: ['H.example:80', '1', 'application/x-www-form-urlencoded', '3', 'a=1; b=2'],
    ...more,
  };
}

function viewOf(request: RequestInput = requestOf(), body = '', settings = SETTINGS): RequestView {
  const view = new RequestView(request, settings);
  view.startBody(Buffer.from(body, 'latin1'), false);
  view.readBody(Number.POSITIVE_INFINITY);
  return view;
}

function found(view: RequestView, name: string): string | null | string[][] {
  const variable = VARIABLES.get(name);
  if (variable?.kind === 'single') return variable.read(view);
  if (variable?.kind !== 'collection') throw new Error(`${name} has no value here`);
  const { names, values } = variable.list(view);
  return names.map((key, i) => [key, values[i] as string]);
}

describe('variables of a request', () => {
  test.each<[string, string | null | string[][]]>([
    ['REQUEST_LINE', 'POST /a/b%41.php?q=1&b=2%20x HTTP/1.1'],
    ['REQUEST_URI_RAW', '/a/b%41.php?q=1&b=2%20x'],
    ['REQUEST_URI', '/a/bA.php?q=1&b=2%20x'],
    ['REQUEST_FILENAME', '/a/bA.php'],
    ['REQUEST_BASENAME', 'bA.php'],
    ['QUERY_STRING', 'q=1&b=2%20x'],
    [
      'ARGS',
      [
        ['q', '1'],
        ['b', '2 x'],
        ['c', 'd'],
      ],
    ],
    [
      'ARGS_GET',
      [
        ['q', '1'],
        ['b', '2 x'],
      ],
    ],
    ['ARGS_POST', [['c', 'd']]],
    [
      'ARGS_NAMES',
      [
        ['q', 'q'],
        ['b', 'b'],
        ['c', 'c'],
      ],
    ],
    ['ARGS_POST_NAMES', [['c', 'c']]],
    ['ARGS_COMBINED_SIZE', '8'],
    [
      'REQUEST_HEADERS',
      [
        ['Host', 'H.example:80'],
        ['X-A', '1, 3'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Cookie', 'a=1; b=2'],
      ],
    ],
    [
      'REQUEST_COOKIES_NAMES',
      [
        ['a', 'a'],
        ['b', 'b'],
      ],
    ],
    ['REQUEST_BODY', 'c=d'],
    ['REQUEST_BODY_LENGTH', '3'],
    ['REQBODY_PROCESSOR', 'URLENCODED'],
    ['REQBODY_ERROR', '0'],
    ['URLENCODED_ERROR', '0'],
    ['SERVER_NAME', 'h.example'],
    ['REMOTE_PORT', '1234'],
    ['RESPONSE_STATUS', '0'],
    ['RESPONSE_BODY', null],
    ['TIME', '20260203040506'],
    ['TIME_WDAY', '2'],
  ])('%s', (name, expected) => {
    expect(found(viewOf(requestOf(), 'c=d'), name)).toEqual(expected);
  });

  test('before the body paths are as they were received, and there are no arguments of it', () => {
    const view = new RequestView(requestOf(), SETTINGS);
    expect(found(view, 'REQUEST_FILENAME')).toBe('/a/b%41.php');
    expect(found(view, 'ARGS')).toEqual([
      ['q', '1'],
      ['b', '2 x'],
    ]);
    expect(found(view, 'ARGS_POST')).toEqual([]);
  });

  test('a collection stays the same object while nothing is added', () => {
    const view = viewOf();
    expect(view.args).toBe(view.args);
    expect(view.args.asNames).toBe(view.args.asNames);
    expect(view.query.values).toBe(view.args);
  });

  test('without a form a body is a variable only where a rule asks for it', () => {
    const request = requestOf({ headerNames: ['Content-Type'], headerValues: ['text/plain'] });
    expect(found(viewOf(request, 'x'), 'REQUEST_BODY')).toBeNull();
    const view = viewOf(request, 'x');
    view.forcesBodyVariable = true;
    expect(found(view, 'REQUEST_BODY')).toBe('x');
  });

  test('too many arguments are an error of the body, whichever part they stand in', () => {
    const settings = { ...SETTINGS, argumentsLimit: 3 };
    expect(found(viewOf(requestOf(), 'c&d', settings), 'REQBODY_ERROR')).toBe('1');
    expect(found(viewOf(requestOf(), 'c', settings), 'REQBODY_ERROR')).toBe('0');
    const query = requestOf({ target: '/?a&b&c&d' });
    expect(found(viewOf(query, '', settings), 'REQBODY_ERROR_MSG')).toBe('SecArgumentsLimit exceeded');
  });

  test('a body whose processor is not known is an error', () => {
    const view = new RequestView(requestOf(), SETTINGS);
    view.bodyProcessor = 'YAML';
    view.startBody(Buffer.from('x'), false);
    expect(view.readBody(0)).toBe(true);
    expect(found(view, 'REQBODY_ERROR_MSG')).toBe('Unknown request body processor: YAML');
  });
});

test.each([
  ['URLENCODED', 'a=b&'.repeat(50_000)],
  ['URLENCODED', `a=${'%41'.repeat(100_000)}`],
  ['JSON', `[${'1,'.repeat(100_000)}1]`],
  ['JSON', `"${'\\n'.repeat(100_000)}"`],
  ['XML', `<a>${'<b/>'.repeat(50_000)}</a>`],
  ['XML', `<a>${'x'.repeat(200_000)}</a>`],
])('a long body of %s is read in slices', (processor, body) => {
  const settings = { ...SETTINGS, argumentsLimit: 1_000_000 };
  const view = new RequestView(requestOf({ target: '/' }), settings);
  view.bodyProcessor = processor;
  view.startBody(Buffer.from(body, 'latin1'), false);
  let slices = 1;
  // A deadline that is always over: each call reads the least it can.
  while (!view.readBody(0)) slices++;
  expect(slices).toBeGreaterThan(3);
  expect(slices).toBeLessThan(100);
  expect(view.bodyError).toBe('');
});

test('of an XML body the text and the attributes are seen, and that it is one', () => {
  const view = new RequestView(requestOf(), SETTINGS);
  view.bodyProcessor = 'XML';
  expect(view.xmlValues('/*')).toEqual([]);
  view.startBody(Buffer.from('<a b="1">x<c d="2"/>y</a>'), false);
  view.readBody(Number.POSITIVE_INFINITY);
  expect(view.xmlValues('/*')).toEqual(['xy']);
  expect(view.xmlValues('/*')).toBe(view.xmlValues('/*'));
  expect(view.xmlValues('//@*')).toEqual(['1', '2']);
  expect(view.xmlValues('')).toHaveLength(1);
});

describe('variables of an answer', () => {
  test('fields of one name stay apart', () => {
    const view = viewOf();
    view.setResponse({
      status: 200,
      protocol: 'HTTP/1.1',
      headerNames: ['Set-Cookie', 'set-cookie', 'Content-Type'],
      headerValues: ['a=1', 'b=2', 'text/html'],
    });
    view.setResponseBody(Buffer.from('abc'), true);
    expect(found(view, 'RESPONSE_HEADERS')).toEqual([
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['Content-Type', 'text/html'],
    ]);
    expect(found(view, 'RESPONSE_CONTENT_TYPE')).toBe('text/html');
    expect(found(view, 'RESPONSE_BODY')).toBe('abc');
    expect(found(view, 'OUTBOUND_DATA_ERROR')).toBe('1');
  });
});

test.each([
  ['a form', 'application/x-www-form-urlencoded', 'a=12345678', '1'],
  ['a short form', 'application/x-www-form-urlencoded', 'a=1', '0'],
  [
    'a form whose bytes are in a file',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n12345678\r\n--b--\r\n',
    '0',
  ],
])('bytes that belong to no file are bounded: %s', (_, type, body, error) => {
  const limit = type.startsWith('multipart') ? 70 : 8;
  const settings = { ...SETTINGS, requestBodyNoFilesLimitBytes: limit };
  const request = requestOf({ headerNames: ['Content-Type'], headerValues: [type] });
  expect(found(viewOf(request, body, settings), 'REQBODY_ERROR')).toBe(error);
});
