import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunked, openWafWorld, request, type WafWorld } from './world.ts';

let world: WafWorld;
beforeAll(async () => {
  world = await openWafWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const JSON_TYPE = 'Content-Type: application/json';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const MULTIPART = 'Content-Type: multipart/form-data; boundary=b';
const part = (head: string, body: string): string =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n--b--\r\n`;
const attack = JSON.stringify({ a: [{ b: 'xattackx' }] });

describe('an attack is blocked', () => {
  test.each([
    ['in the query', request('GET /?q=xattackx')],
    ['in the query, encoded', request('GET /?q=%78attack%78')],
    ['in the name of an argument', request('GET /?xattackx=1')],
    ['in the path', request('GET /a/xattackx/b')],
    ['in the path, encoded', request('GET /a/%78attackx')],
    ['in a header field', request('GET /', ['X-Any: xattackx'])],
    ['in the second of two fields', request('GET /', ['X-Any: fine', 'X-Any: xattackx'])],
    ['in the name of a field', request('GET /', ['xattackx: 1'])],
    ['in a cookie', request('GET /', ['Cookie: a=1; b=xattackx'])],
    ['in JSON', request('POST /', [JSON_TYPE], attack)],
    [
      'in JSON with a suffix',
      request('POST /', ['Content-Type: application/vnd.api+json; charset=utf-8'], attack),
    ],
    ['in JSON, escaped', request('POST /', [JSON_TYPE], '{"a":"\\u0078attackx"}')],
    ['in a name of JSON', request('POST /', [JSON_TYPE], '{"xattackx":1}')],
    ['in a form', request('POST /', [FORM], 'a=1&b=xattackx')],
    ['in a form, encoded', request('POST /', [FORM], 'a=1&b=%78attackx')],
    ['in a part', request('POST /', [MULTIPART], part('name="a"', 'xattackx'))],
    ['in the name of a file', request('POST /', [MULTIPART], part('name="a"; filename="xattackx"', 'x'))],
    ['in XML', request('POST /', ['Content-Type: text/xml'], '<a><b>xattackx</b></a>')],
    ['in text', request('POST /', ['Content-Type: text/plain'], 'a xattackx b')],
    ['in bytes of no type', request('POST /', ['Content-Type: application/octet-stream'], '\0\xff xattackx')],
    ['in a body without a type', request('POST /', [], 'a=xattackx')],
    ['in a body of DELETE', request('DELETE /', [JSON_TYPE], attack)],
    ['in a body of GET', request('GET /', [JSON_TYPE], attack)],
    ['in gzip', request('POST /', [JSON_TYPE, 'Content-Encoding: gzip'], gzipSync(attack))],
    ['in deflate', request('POST /', [JSON_TYPE, 'Content-Encoding: deflate'], deflateSync(attack))],
    ['in brotli', request('POST /', [JSON_TYPE, 'Content-Encoding: br'], brotliCompressSync(attack))],
    [
      'in gzip in gzip',
      request('POST /', [JSON_TYPE, 'Content-Encoding: gzip, gzip'], gzipSync(gzipSync(attack))),
    ],
    [
      'in chunks of three bytes',
      request('POST /', [JSON_TYPE, 'Transfer-Encoding: chunked'], chunked(Buffer.from(attack), 3)),
    ],
    ['behind a megabyte of blanks', request('POST /', [JSON_TYPE], `{"a":"${' '.repeat(900_000)}xattackx"}`)],
  ])('%s', async (_, bytes) => {
    const before = world.upstream.requests.length;
    const { response, record } = await world.record(bytes);
    expect(response?.status).toBe(403);
    expect(record.portcullis.decision).toMatchObject({ reason: 'waf.blocked', stage: 'waf' });
    expect(world.upstream.requests.length).toBe(before);
    expect(response?.body.toString()).not.toMatch(/1001|1002|xattackx/);
  });

  test('at once where a rule of the head says so, with the status it says', async () => {
    const { response, record } = await world.record(request('GET /', ['X-Early: yes']));
    expect(response?.status).toBe(406);
    expect(record['rule.id']).toEqual(['1003']);
  });

  test('by a closed connection where the rule says `drop`', async () => {
    const { response, record } = await world.record(request('GET /', ['X-Early: drop']));
    expect(response).toBe(undefined);
    expect(record.portcullis.decision).toMatchObject({ effect: 'deny', reason: 'waf.dropped' });
  });
});

describe('what is harmless passes, as it was sent', () => {
  test.each([
    ['a query', request('GET /?q=fine')],
    ['JSON', request('POST /', [JSON_TYPE], '{"a":1}')],
    [
      'an upload of 3 MiB',
      request('POST /', [MULTIPART], part('name="a"; filename="f.bin"', 'x'.repeat(3_145_728))),
    ],
    ['gzip', request('POST /', [JSON_TYPE, 'Content-Encoding: gzip'], gzipSync('{"a":1}'))],
  ])('%s', async (_, bytes) => {
    world.upstream.clear();
    expect((await world.send(bytes))?.status).toBe(200);
    const [seen] = world.upstream.requests;
    const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    expect(seen?.body.equals(body)).toBe(true);
  });
});

describe('what cannot be looked at is refused', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  test.each([
    ['JSON that is none', request('POST /', [JSON_TYPE], '{"a":'), 400, 'waf.malformed'],
    ['XML that is none', request('POST /', ['Content-Type: text/xml'], '<a><b></a>'), 400, 'waf.malformed'],
    [
      'parts without an end',
      request('POST /', [MULTIPART], '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'),
      400,
      'waf.malformed',
    ],
    [
      'data of two megabytes',
      request('POST /', [JSON_TYPE], `"${'x'.repeat(2_000_000)}"`),
      413,
      'waf.uninspected',
    ],
    [
      'chunks without an end in sight',
      request(
        'POST /',
        [JSON_TYPE, 'Transfer-Encoding: chunked'],
        chunked(Buffer.alloc(1_500_000, 32), 65_536),
      ),
      413,
      'waf.uninspected',
    ],
    [
      'a body that inflates without end',
      request('POST /', [JSON_TYPE, 'Content-Encoding: gzip'], bomb),
      413,
      'waf.uninspected',
    ],
    [
      'an unknown coding',
      request('POST /', [JSON_TYPE, 'Content-Encoding: lzma'], 'abc'),
      415,
      'waf.uninspected',
    ],
    [
      'a coding that is a lie',
      request('POST /', [JSON_TYPE, 'Content-Encoding: gzip'], '{"a":1}'),
      415,
      'waf.uninspected',
    ],
  ] as const)('%s', async (_, bytes, status, reason) => {
    const { response, record } = await world.record(bytes);
    expect(record.portcullis.decision.reason).toBe(reason);
    expect(response?.status).toBe(status);
  });
});

describe('answers', () => {
  const text = (body: string | Buffer, ...fields: string[]): Buffer =>
    Buffer.concat([
      Buffer.from(['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...fields, '', ''].join('\r\n')),
      Buffer.from(body),
    ]);

  const HTML = 'Content-Type: text/html';

  test.each([
    ['a body', text('a xleakx here', HTML)],
    ['a field', text('fine', 'X-Leak: xleakx', 'Content-Type: text/html')],
    ['a body in gzip', text(gzipSync('a xleakx here'), HTML, 'Content-Encoding: gzip')],
    ['a body without a type', text('a xleakx here')],
    ['a body of two types', text('a xleakx here', 'Content-Type: image/png, text/plain')],
    ['a body of no type', text('a xleakx here', 'Content-Type: unknown')],
    ['ranges', text('--b\r\n\r\nxleakx\r\n--b--', 'Content-Type: multipart/byteranges; boundary=b')],
    ['gzip that breaks off', text(gzipSync('a xleakx').subarray(0, -2), HTML, 'Content-Encoding: gzip')],
    ['gzip that is none', text('a xleakx here', HTML, 'Content-Encoding: gzip')],
    ['gzip behind a comma', text(gzipSync('a xleakx here'), HTML, 'Content-Encoding: , gzip')],
    [
      'chunks',
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nxlea\r\n2\r\nkx\r\n0\r\n\r\n`,
    ],
    [
      'a body to the end of the connection',
      [{ write: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nxleakx' }, { close: 'end' }],
    ],
  ] as const)('with a leak in %s are withheld', async (_, reply) => {
    world.answer(reply);
    const { response, record } = await world.record(request('GET /'));
    world.answer('');
    expect(response?.status).toBe(502);
    expect(response?.body.toString()).not.toContain('xleakx');
    expect(record.portcullis.decision).toMatchObject({ effect: 'deny', reason: 'waf.answer', stage: 'waf' });
  });

  test.each([
    ['text', text('fine', 'Content-Type: text/html')],
    ['an image, whatever is in it', text('xleakx', 'Content-Type: image/png')],
    ['text longer than what is held', text('y'.repeat(700_000), 'Content-Type: text/plain')],
    [
      'chunks with a trailer',
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\nX-T: 1\r\n\r\n',
    ],
    ['nothing', 'HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n'],
  ])('with %s pass', async (_, reply) => {
    world.answer(reply);
    const { response, record } = await world.record(request('GET /'));
    world.answer('');
    expect(response?.status).toBeLessThan(300);
    expect(record.portcullis.decision.reason).toBe('request.passed');
    if (response?.status === 200) expect(response.body.length).toBeGreaterThan(3);
  });

  test('of HEAD are not waited for', async () => {
    world.answer('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n');
    expect((await world.send(request('HEAD /')))?.status).toBe(200);
    world.answer('');
  });

  test('that break off while they are held become a 502', async () => {
    world.answer([
      { write: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf' },
      { close: 'reset' },
    ]);
    const { response } = await world.record(request('GET /'));
    world.answer('');
    expect(response?.status).toBe(502);
  });

  test('with events are passed on as they come', async () => {
    world.answer([
      { write: 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: xleakx\n\n' },
      { waitMs: 50 },
      { close: 'end' },
    ]);
    const response = await world.send(request('GET /', ['Connection: close']), { idleMs: 3000 });
    world.answer('');
    expect(response?.status).toBe(200);
    expect(response?.body.toString()).toContain('data: xleakx');
  });
});

describe('what is written down', () => {
  test('rule, variable, value and place of what matched', async () => {
    const { record } = await world.record(request('GET /?comment=before%20xnotedx%20after'));
    expect(record['rule.id']).toEqual(['1008']);
    expect(record.portcullis.waf).toMatchObject({
      view: 'checked',
      matches: [{ rule: 1008, phase: 2, variable: 'ARGS:comment', place: 'rules.conf:12' }],
    });
    const [match] = (record.portcullis.waf as { matches: { value: string; at: number; length: number }[] })
      .matches;
    expect(match?.value.slice(match.at, match.at + match.length)).toBe('xnotedx');
  });

  test('no value of what is called like a credential', async () => {
    const { record } = await world.record(request('GET /?password=xnotedx-secret'));
    expect(record['rule.id']).toEqual(['1007']);
    expect(JSON.stringify(record)).not.toContain('xnotedx-secret');
  });

  test('nothing where no rule matched', async () => {
    const { record } = await world.record(request('GET /'));
    expect(record.portcullis.waf).toBe(undefined);
    expect(record['rule.id']).toBe(undefined);
  });

  test('events and explanations are served', async () => {
    const { record } = await world.record(request('GET /shown?comment=xnotedx', ['X-Early: no']));
    const id = record['http.request.id'];
    const listed = await world.gateway.admin('/v1/waf/events?rule=1008&path=/shown');
    const { events } = (await listed.json()) as {
      events: { id: string; blocked: string; rules: number[] }[];
    };
    expect(events).toMatchObject([{ id, blocked: 'no', rules: [1008] }]);
    const blocked = await world.gateway.admin('/v1/waf/events?blocked=yes&limit=1000');
    const all = ((await blocked.json()) as { events: { blocked: string }[] }).events;
    expect(all.length).toBeGreaterThan(10);
    expect(all.every((event) => event.blocked === 'yes')).toBe(true);
    const explained = await world.gateway.admin(`/v1/waf/requests/${id}`);
    expect(await explained.json()).toMatchObject({
      blocked: 'no',
      matches: [{ rule: 1008, variable: 'ARGS:comment' }],
      precedence: [{ name: 'allow list' }, { name: 'bypass' }, {}, {}, {}, { name: 'block' }],
    });
  });

  test('matches and blocks are counted by category', async () => {
    const metrics = await (await world.gateway.admin('/metrics')).text();
    expect(metrics).toMatch(/portcullis_waf_matches_total\{category="sqli"\} [1-9]/);
    expect(metrics).toMatch(/portcullis_waf_blocks_total\{category="sqli"\} [1-9]/);
  });
});
