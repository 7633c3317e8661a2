import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, parseIp } from '../ip/address.ts';
import { type Endpoint, parseProxyPreamble } from './proxy-protocol.ts';

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const show = (end: Endpoint | null) => end && `${formatIp(end.ip)} ${end.port}`;

/** Header of version 2 from its three fields; the length is that of the rest unless told. */
function v2(command: number, family: number, rest: readonly number[], length = rest.length): Uint8Array {
  return Uint8Array.from([...latin1(SIGNATURE), command, family, length >> 8, length & 255, ...rest]);
}

const IPV4_ENDS = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 1, 0xbb];
const groups = (text: string) =>
  (parseIp(text)?.words ?? []).flatMap((w) => [w >>> 24, (w >> 16) & 255, (w >> 8) & 255, w & 255]);
const IPV6_ENDS = [...groups('2001:db8::1'), ...groups('2001:db8::2'), 0x30, 0x39, 1, 0xbb];
const MAPPED_ENDS = [...groups('192.0.2.1'), ...groups('2001:db8::2'), 0, 0, 1, 0xbb];

const VALID: [string, Uint8Array, string | null, string | null][] = [
  [
    'v1 TCP4',
    latin1('PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n'),
    '192.0.2.1 12345',
    '198.51.100.2 443',
  ],
  ['v1 TCP6', latin1('PROXY TCP6 2001:db8::1 ::1 0 65535\r\n'), '2001:db8::1 0', '::1 65535'],
  ['v1 TCP6 mapped', latin1('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n'), '192.0.2.1 1', '::1 2'],
  ['v1 UNKNOWN', latin1('PROXY UNKNOWN\r\n'), null, null],
  ['v1 UNKNOWN with more', latin1(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), null, null],
  ['v2 TCP4', v2(0x21, 0x11, IPV4_ENDS), '192.0.2.1 12345', '198.51.100.2 443'],
  ['v2 TCP6', v2(0x21, 0x21, IPV6_ENDS), '2001:db8::1 12345', '2001:db8::2 443'],
  ['v2 TCP6 mapped', v2(0x21, 0x21, MAPPED_ENDS), '192.0.2.1 0', '2001:db8::2 443'],
  ['v2 with TLVs', v2(0x21, 0x11, [...IPV4_ENDS, 4, 0, 2, 0, 0]), '192.0.2.1 12345', '198.51.100.2 443'],
  ['v2 LOCAL', v2(0x20, 0x00, []), null, null],
  ['v2 LOCAL with ends', v2(0x20, 0x11, IPV4_ENDS), null, null],
  ['v2 UNSPEC', v2(0x21, 0x00, [1, 2, 3]), null, null],
  [
    'v2 longest',
    v2(0x21, 0x11, [...IPV4_ENDS, ...new Array<number>(4068).fill(0)]),
    '192.0.2.1 12345',
    '198.51.100.2 443',
  ],
];

test.each(VALID)('%s', (_, bytes, source, destination) => {
  for (const following of ['', 'GET / HTTP/1.1\r\n']) {
    const result = parseProxyPreamble(Buffer.concat([bytes, latin1(following)]));
    expect(result).toMatchObject({ status: 'ok', length: bytes.length });
    if (result.status !== 'ok') continue;
    expect(show(result.source)).toBe(source);
    expect(show(result.destination)).toBe(destination);
  }
});

test.each(VALID)('every prefix of %s is incomplete', (_, bytes) => {
  for (let length = 0; length < bytes.length; length++) {
    expect(parseProxyPreamble(bytes.subarray(0, length))).toEqual({ status: 'incomplete' });
  }
});

test.each([
  'GET / HTTP/1.1\r\n',
  'POST',
  'PROXY  TCP4\r\n',
  'proxy ',
  '\r\n\r\nG',
  'PROXY TCP4\r\n',
  'PROXY \r\n',
  'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n',
  'PROXY UNKNOWNX\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n',
  'PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n',
  'PROXY TCP4 ::1 ::1 1 2\r\n',
  'PROXY TCP6 1.2.3.4 ::1 1 2\r\n',
  'PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rX',
  'PROXY TCP4 \0',
  'PROXY TCP4 \u00e9',
  `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`,
  `PROXY ${'f'.repeat(101)}`,
])('%j is invalid', (text) => {
  expect(parseProxyPreamble(latin1(text)).status).toBe('invalid');
});

test.each([
  ['version 1 in binary', v2(0x11, 0x11, IPV4_ENDS)],
  ['unknown command', v2(0x22, 0x11, IPV4_ENDS)],
  ['unknown command, early', v2(0x22, 0x11, []).subarray(0, 13)],
  ['UDP', v2(0x21, 0x12, IPV4_ENDS)],
  ['UNIX', v2(0x21, 0x31, new Array<number>(216).fill(0))],
  ['too short for IPv4', v2(0x21, 0x11, IPV4_ENDS.slice(0, 11))],
  ['too short for IPv6', v2(0x21, 0x21, IPV6_ENDS.slice(0, 35))],
  ['too long', v2(0x21, 0x11, IPV4_ENDS, 4081)],
  ['LOCAL too long', v2(0x20, 0x00, [], 0xffff)],
])('v2 %s is invalid', (_, bytes) => {
  expect(parseProxyPreamble(bytes).status).toBe('invalid');
});

test('a view into a larger buffer is read at its place', () => {
  const bytes = Buffer.concat([latin1('xxx'), v2(0x21, 0x11, IPV4_ENDS)]).subarray(3);
  expect(parseProxyPreamble(bytes)).toMatchObject({ status: 'ok', source: { port: 12345 } });
});

test('any bytes give a result, and more bytes never change one', () => {
  const start = fc.constantFrom(
    'PROXY ',
    'PROXY TCP4 1.2.3.4 ',
    'PROXY UNKNOWN',
    `${SIGNATURE}\x21\x11`,
    `${SIGNATURE}\x20`,
    '',
  );
  fc.assert(
    fc.property(
      start,
      fc.uint8Array({ maxLength: 150 }),
      fc.uint8Array({ maxLength: 20 }),
      (text, rest, more) => {
        const bytes = Buffer.concat([latin1(text), rest]);
        const result = parseProxyPreamble(bytes);
        if (result.status !== 'incomplete')
          expect(parseProxyPreamble(Buffer.concat([bytes, more]))).toEqual(result);
        if (result.status === 'ok') expect(result.length).toBeLessThanOrEqual(bytes.length);
      },
    ),
    { numRuns: 3000 },
  );
});
