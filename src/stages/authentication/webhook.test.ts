import { describe, expect, test } from 'vitest';
import { NOW_S } from '../../../test/support/authentication-world.ts';
import { hmacHex, webhookWorld } from '../../../test/support/webhook-world.ts';

const SECRET = 'a secret of enough bytes';
const OLD = 'the secret of last quarter';
const secrets = [{ id: 'q1', secret: SECRET }];
const sign = (text: string, secret = SECRET): string => hmacHex(secret, text);
const PASSED = 'request.passed';

/** Vectors that others have published: `at` is a moment within the tolerance. */
const VECTORS = [
  {
    name: 'GitHub documentation, "Validating webhook deliveries"',
    webhook: { scheme: 'github', secrets: [{ id: 'a', secret: "It's a Secret to Everybody" }] },
    fields: [
      'X-Hub-Signature-256',
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
    body: 'Hello, World!',
    at: NOW_S,
  },
  {
    name: 'Standard Webhooks, example of the reference libraries',
    webhook: {
      scheme: 'standard-webhooks',
      secrets: [{ id: 'a', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
    },
    fields: [
      ...['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp', '1614265330'],
      ...['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ],
    body: '{"test": 2432232314}',
    at: 1614265330,
  },
  {
    name: 'Slack documentation, "Verifying requests from Slack"',
    webhook: { scheme: 'slack', secrets: [{ id: 'a', secret: '8f742231b10e8888abcd99yyyzzz85a5' }] },
    fields: [
      ...['X-Slack-Request-Timestamp', '1531420618'],
      'X-Slack-Signature',
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    ],
    body:
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    at: 1531420618,
  },
  {
    name: 'RFC 4231, test case 1',
    webhook: { secrets: [{ id: 'a', secret: '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b', encoding: 'hex' }] },
    fields: ['X-Webhook-Signature', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    body: 'Hi There',
    at: NOW_S,
  },
] as const;

describe.each(VECTORS)('$name', ({ webhook, fields, body, at }) => {
  test('is accepted', async () => {
    const { checksOf, decide } = webhookWorld();
    const { reason, ctx } = await decide(checksOf(webhook), fields, body, { at });
    expect(reason).toBe(PASSED);
    expect(ctx.principal).toMatchObject({
      type: 'webhook',
      method: 'webhook',
      subject: 'orders',
      credentialId: 'a',
    });
  });

  test.each([
    ['another body', `${body} `, fields],
    ['no body', null, fields],
    ['an empty body', '', fields],
    ['a signature with one bit changed', body, [...fields.slice(0, -1), flipped(fields.at(-1) as string)]],
  ])('is refused with %s', async (_, sent, sentFields) => {
    const { checksOf, decide } = webhookWorld();
    const { reason, ctx } = await decide(checksOf(webhook), sentFields, sent, { at });
    expect(reason).toBe('authn.signature');
    expect(ctx.principal).toBeNull();
  });

  test('is refused under another secret, and when it comes again', async () => {
    const { checksOf, decide } = webhookWorld();
    const other = { ...webhook, secrets: [{ id: 'b', secret: 'B'.repeat(32) }] };
    expect((await decide(checksOf(other), fields, body, { at })).reason).toBe('authn.signature');
    const checks = checksOf(webhook);
    expect((await decide(checks, fields, body, { at })).reason).toBe(PASSED);
    expect((await decide(checks, fields, body, { at })).decision).toMatchObject({
      reason: 'authn.received',
      status: 409,
      headers: [],
    });
  });
});

/** Another signature of the same form. */
function flipped(value: string): string {
  return value.replace(
    /([0-9a-f])(.{3})$/,
    (_, digit: string, rest: string) => (digit === '0' ? '1' : '0') + rest,
  );
}

describe('the form of signatures', () => {
  const { checksOf, decide } = webhookWorld();
  const hex = sign('x');

  test.each([
    ['upper-case hexadecimal', hex.toUpperCase(), PASSED],
    ['too short', hex.slice(1), 'authn.malformed'],
    ['too long', `${hex}0`, 'authn.malformed'],
    ['with a blank', `${hex} `, 'authn.malformed'],
    ['with a prefix nobody configured', `sha256=${hex}`, 'authn.malformed'],
    ['not hexadecimal', `${hex.slice(1)}g`, 'authn.malformed'],
    ['base64', Buffer.from(hex, 'hex').toString('base64'), 'authn.malformed'],
    ['empty', '', 'authn.malformed'],
    ['a list', `${hex},${hex}`, 'authn.malformed'],
  ])('%s', async (_, value, reason) => {
    const checks = checksOf({ secrets, replay: 'allow' });
    expect((await decide(checks, ['X-Webhook-Signature', value], 'x')).reason).toBe(reason);
  });

  test('base64 with a prefix', async () => {
    const checks = checksOf({ secrets, header: 'X-Sig', prefix: 'v9:', encoding: 'base64', replay: 'allow' });
    const base64 = Buffer.from(hex, 'hex').toString('base64');
    expect((await decide(checks, ['X-Sig', `v9:${base64}`], 'x')).reason).toBe(PASSED);
    for (const bad of [base64, `v9:${base64.replace('=', '')}`, `v9:${hex}`, `v9:${base64}=`])
      expect((await decide(checks, ['X-Sig', bad], 'x')).reason).toBe('authn.malformed');
  });

  test('a missing signature is challenged, two are ambiguous', async () => {
    const checks = checksOf({ secrets });
    const missing = await decide(checks, [], 'x');
    expect(missing.decision).toMatchObject({ reason: 'authn.missing', status: 401 });
    expect(missing.decision.headers).toEqual(['WWW-Authenticate', 'Webhook realm="orders"']);
    const two = ['X-Webhook-Signature', hex, 'x-webhook-signature', hex];
    expect((await decide(checks, two, 'x')).decision).toMatchObject({
      reason: 'authn.ambiguous',
      status: 400,
    });
  });

  test('SHA-1 proves nothing', async () => {
    const checks = checksOf({ scheme: 'github', secrets });
    const sha1 = ['X-Hub-Signature', 'sha1=4e8cb1bbd8b0ac4d9a6d1e2f0a8f8f7b6d5c4b3a'];
    expect((await decide(checks, sha1, 'x')).reason).toBe('authn.missing');
    const disguised = ['X-Hub-Signature-256', 'sha1=4e8cb1bbd8b0ac4d9a6d1e2f0a8f8f7b6d5c4b3a'];
    expect((await decide(checks, disguised, 'x')).reason).toBe('authn.malformed');
    const both = [...sha1, 'X-Hub-Signature-256', `sha256=${hex}`];
    expect((await decide(checks, both, 'x')).reason).toBe(PASSED);
  });
});

describe('stripe', () => {
  const body = '{"id":"evt_1"}';
  const good = sign(`${NOW_S}.${body}`);
  const bad = sign('something else');
  const stripe = { scheme: 'stripe', secrets, replay: 'allow' };

  test.each([
    ['one signature', `t=${NOW_S},v1=${good}`, PASSED],
    ['a test signature beside it', `t=${NOW_S},v1=${good},v0=${bad}`, PASSED],
    ['several, one of them right', `t=${NOW_S},v1=${bad},v1=${good}`, PASSED],
    ['blanks', `t=${NOW_S}, v1=${good}`, PASSED],
    ['several, none right', `t=${NOW_S},v1=${bad},v1=${bad}`, 'authn.signature'],
    ['only another version', `t=${NOW_S},v0=${good}`, 'authn.malformed'],
    ['no time', `v1=${good}`, 'authn.malformed'],
    ['two times', `t=${NOW_S},t=${NOW_S},v1=${good}`, 'authn.malformed'],
    ['another time', `t=${NOW_S + 1},v1=${good}`, 'authn.signature'],
    ['a broken signature beside', `t=${NOW_S},v1=${good},v1=zz`, 'authn.malformed'],
    ['seventeen signatures', `t=${NOW_S},v1=${good}${`,v1=${bad}`.repeat(16)}`, 'authn.malformed'],
    ['a time with a sign', `t=+${NOW_S},v1=${good}`, 'authn.malformed'],
    ['a time with a fraction', `t=${NOW_S}.0,v1=${good}`, 'authn.malformed'],
    ['a time in milliseconds', `t=${NOW_S}000,v1=${good}`, 'authn.malformed'],
    ['a time with an exponent', `t=1e9,v1=${good}`, 'authn.malformed'],
    ['a time with a leading zero', `t=0${NOW_S},v1=${good}`, 'authn.malformed'],
    ['an empty time', `t=,v1=${good}`, 'authn.malformed'],
  ])('%s', async (_, value, reason) => {
    const { checksOf, decide } = webhookWorld();
    expect((await decide(checksOf(stripe), ['Stripe-Signature', value], body)).reason).toBe(reason);
  });
});

describe('standard webhooks', () => {
  const body = '{}';
  const plain = { scheme: 'standard-webhooks', secrets: [{ id: 'a', secret: SECRET, encoding: 'text' }] };
  const v1 = (id: string, time: number): string =>
    `v1,${Buffer.from(sign(`${id}.${time}.${body}`), 'hex').toString('base64')}`;
  const fields = (id: string, time: string, signature: string): string[] => [
    ...['Webhook-Id', id, 'Webhook-Timestamp', time, 'Webhook-Signature', signature],
  ];
  const good = v1('m1', NOW_S);

  test.each([
    ['one signature', fields('m1', String(NOW_S), good), PASSED],
    ['several', fields('m1', String(NOW_S), `v1,${'A'.repeat(43)}= ${good}`), PASSED],
    [
      'an asymmetric one beside',
      fields('m1', String(NOW_S), `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzC ${good}`),
      PASSED,
    ],
    [
      'only an asymmetric one',
      fields('m1', String(NOW_S), 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw'),
      'authn.malformed',
    ],
    ['another id', fields('m2', String(NOW_S), good), 'authn.signature'],
    ['no id', fields('m1', String(NOW_S), good).slice(2), 'authn.malformed'],
    ['an empty id', fields('', String(NOW_S), v1('', NOW_S)), 'authn.malformed'],
    ['two ids', [...fields('m1', String(NOW_S), good), 'Webhook-Id', 'm1'], 'authn.ambiguous'],
    [
      'two times',
      [...fields('m1', String(NOW_S), good), 'Webhook-Timestamp', String(NOW_S)],
      'authn.ambiguous',
    ],
    ['an id with the sign that ends it', fields('m.1', String(NOW_S), v1('m.1', NOW_S)), 'authn.malformed'],
  ])('%s', async (_, sent, reason) => {
    const { checksOf, decide } = webhookWorld();
    expect((await decide(checksOf(plain), sent, body)).reason).toBe(reason);
  });

  test('the parts of one signed text cannot be moved from one field to another', async () => {
    const { checksOf, decide } = webhookWorld();
    const checks = checksOf(plain);
    // Signed as `m1.TIME.100.{}`: id m1, that time, and a body that begins with a number.
    const signature = `v1,${Buffer.from(sign(`m1.${NOW_S}.${NOW_S}.{}`), 'hex').toString('base64')}`;
    expect((await decide(checks, fields(`m1.${NOW_S}`, String(NOW_S), signature), '{}')).reason).toBe(
      'authn.malformed',
    );
    expect((await decide(checks, fields('m1', String(NOW_S), signature), `${NOW_S}.{}`)).reason).toBe(PASSED);
  });
});

describe('the time of sending', () => {
  const timed = { secrets, timestampHeader: 'X-Time' };
  const fields = (time: number | string): string[] => [
    ...['X-Time', String(time), 'X-Webhook-Signature', sign(`${time}.x`)],
  ];

  test.each([
    [0, PASSED],
    [-300, PASSED],
    [300, PASSED],
    [-301, 'authn.stale'],
    [301, 'authn.stale'],
    [-1_000_000, 'authn.stale'],
  ])('%i s off', async (offS, reason) => {
    const { checksOf, decide } = webhookWorld();
    const result = await decide(checksOf(timed), fields(NOW_S + offS), 'x');
    expect(result.reason).toBe(reason);
    if (reason !== PASSED) expect(result).toMatchObject({ stopped: 'head', decision: { status: 401 } });
  });

  test('a body that takes too long makes a message stale', async () => {
    const { checksOf, decide } = webhookWorld();
    const checks = checksOf(timed);
    expect((await decide(checks, fields(NOW_S), 'x', { bodyS: 300 })).reason).toBe(PASSED);
    const late = await decide(checks, fields(NOW_S + 300), 'x', { bodyS: 301 });
    expect(late).toMatchObject({ reason: 'authn.stale', stopped: 'body' });
  });

  test('a copy is refused for as long as the time allows it, and afterwards for its time', async () => {
    const { checksOf, decide, clock } = webhookWorld();
    const checks = checksOf(timed);
    expect((await decide(checks, fields(NOW_S + 300), 'x')).reason).toBe(PASSED);
    for (const atS of [1, 300, 599, 600]) {
      clock.time = (NOW_S + atS) * 1000;
      expect((await decide(checks, fields(NOW_S + 300), 'x')).reason).toBe('authn.received');
    }
    clock.time += 1000;
    expect((await decide(checks, fields(NOW_S + 300), 'x')).reason).toBe('authn.stale');
  });

  test('without one, a copy is refused within the window', async () => {
    const { checksOf, decide, clock } = webhookWorld();
    const checks = checksOf({ secrets, replayWindowS: 60 });
    const untimed = ['X-Webhook-Signature', sign('x')];
    expect((await decide(checks, untimed, 'x')).reason).toBe(PASSED);
    clock.time += 59_000;
    expect((await decide(checks, untimed, 'x')).reason).toBe('authn.received');
    clock.time += 2_000;
    expect((await decide(checks, untimed, 'x')).reason).toBe(PASSED);
  });
});

describe('copies', () => {
  const untimed = (secret = SECRET): string[] => ['X-Webhook-Signature', sign('x', secret)];

  test('are known on every route, in every spelling, and under each of two secrets', async () => {
    const { checksOf, decide } = webhookWorld();
    const rotating = { secrets: [{ id: 'old', secret: OLD }, ...secrets] };
    const checks = checksOf(rotating);
    expect((await decide(checks, untimed(), 'x')).reason).toBe(PASSED);
    const elsewhere = checksOf({ ...rotating, name: 'other' }, { apiId: 'payments' });
    const upper = untimed().map((text, at) => (at === 1 ? text.toUpperCase() : text));
    for (const [route, fields] of [
      [checks, untimed()],
      [checks, upper],
      [checks, untimed(OLD)],
      [elsewhere, untimed()],
      [checksOf({ secrets: [{ id: 'old', secret: OLD }] }), untimed(OLD)],
    ] as const)
      expect((await decide(route, fields, 'x')).reason).toBe('authn.received');
  });

  test('that cannot be told apart from a first one are refused with 503', async () => {
    const { checksOf, decide, ports } = webhookWorld();
    const checks = checksOf({ secrets });
    for (const verdict of ['full', 'unavailable'] as const) {
      Object.assign(ports.replay, { once: () => verdict });
      const { decision } = await decide(checks, untimed(), 'x');
      expect(decision).toMatchObject({ reason: `authn.replay-${verdict}`, status: 503, headers: [] });
    }
  });

  test('a shared memory may take its time', async () => {
    const { checksOf, decide, ports } = webhookWorld();
    const { replay } = ports;
    const once = replay.once.bind(replay);
    Object.assign(replay, { once: async (...args: Parameters<typeof once>) => once(...args) });
    const checks = checksOf({ secrets: [{ id: 'old', secret: OLD }, ...secrets] });
    const together = await Promise.all([1, 2, 3].map(() => decide(checks, untimed(), 'x')));
    expect(together.map(({ reason }) => reason).sort()).toEqual(['authn.received', 'authn.received', PASSED]);
  });

  test.each([
    [200, true, 'authn.received'],
    [204, true, 'authn.received'],
    [299, true, 'authn.received'],
    [302, true, PASSED],
    [400, true, PASSED],
    [500, true, PASSED],
    [503, true, PASSED],
    [429, false, PASSED],
    [502, false, PASSED],
    [200, false, PASSED],
  ])('answered %i, by the upstream: %s, then %s', async (status, fromUpstream, reason) => {
    const { checksOf, decide, answer } = webhookWorld();
    const checks = checksOf({ secrets: [{ id: 'old', secret: OLD }, ...secrets] });
    const first = await decide(checks, untimed(), 'x');
    expect((await decide(checks, untimed(), 'x')).reason).toBe('authn.received');
    await answer(checks, first.ctx, status, fromUpstream);
    expect((await decide(checks, untimed(), 'x')).reason).toBe(reason);
  });

  test('a copy that is refused does not set the first one free', async () => {
    const { checksOf, decide, answer } = webhookWorld();
    const checks = checksOf({ secrets });
    await decide(checks, untimed(), 'x');
    const copy = await decide(checks, untimed(), 'x');
    await answer(checks, copy.ctx, 409, false);
    expect((await decide(checks, untimed(), 'x')).reason).toBe('authn.received');
  });
});

describe('sources and sizes', () => {
  const fields = ['X-Webhook-Signature', sign('x')];

  test.each([
    ['192.0.2.7', PASSED],
    ['2001:db8::1', PASSED],
    ['192.0.3.7', 'authn.source'],
    ['2001:db9::1', 'authn.source'],
    ['::ffff:192.0.2.7', PASSED],
  ])('from %s', async (from, reason) => {
    const { checksOf, decide } = webhookWorld();
    const checks = checksOf({ secrets, sources: ['192.0.2.0/24', '2001:db8::/32'] });
    const result = await decide(checks, fields, 'x', { from });
    expect(result.reason).toBe(reason);
    if (reason === PASSED) return;
    expect(result.stopped).toBe('head');
    expect(result.decision).toMatchObject({ status: 403, headers: [] });
  });

  test('a body that is declared too long is refused before it is read, another one after', async () => {
    const { checksOf, decide } = webhookWorld();
    const checks = checksOf({ secrets, maxBodyBytes: 1 });
    expect((await decide(checks, fields, 'x')).reason).toBe(PASSED);
    expect(await decide(checks, fields, 'xx')).toMatchObject({
      stopped: 'head',
      reason: 'validation.body-size',
    });
  });

  test('bytes that are no text count as they are', async () => {
    const { checksOf, decide } = webhookWorld();
    const body = Buffer.from([0x1f, 0x8b, 0, 255, 254, 13, 10]);
    const signature = (await import('node:crypto')).createHmac('sha256', SECRET).update(body).digest('hex');
    const sent = ['X-Webhook-Signature', signature, 'Content-Encoding', 'gzip'];
    expect((await decide(checksOf({ secrets }), sent, body)).reason).toBe(PASSED);
  });
});

describe('secrets', () => {
  const webhook = {
    secrets: [
      { id: 'old', secret: OLD, until: '2026-01-10' },
      { id: 'new', secret: SECRET, from: '2026-01-05T00:00:00Z' },
    ],
    replay: 'allow',
    scopes: ['hooks:write'],
    roles: ['sender'],
    tier: 'pro',
    name: 'shop',
  };
  const day = (text: string): number => Date.parse(text) / 1000;

  test.each([
    ['2026-01-04T23:59:59Z', OLD, 'old'],
    ['2026-01-04T23:59:59Z', SECRET, ''],
    ['2026-01-05T00:00:00Z', SECRET, 'new'],
    ['2026-01-09T23:59:59Z', OLD, 'old'],
    ['2026-01-10T00:00:00Z', OLD, ''],
    ['2027-01-10T00:00:00Z', SECRET, 'new'],
  ])('at %s the secret %j is %j', async (at, secret, id) => {
    const { checksOf, decide } = webhookWorld();
    const fields = ['X-Webhook-Signature', sign('x', secret)];
    const { reason, ctx } = await decide(checksOf(webhook), fields, 'x', { at: day(at) });
    expect(reason).toBe(id === '' ? 'authn.signature' : PASSED);
    if (id === '') return;
    expect(ctx.principal).toMatchObject({ subject: 'shop', credentialId: id, tier: 'pro' });
    expect(ctx.principal?.counterKey).toBe('webhook:shop');
    expect([...(ctx.principal?.scopes ?? []), ...(ctx.principal?.roles ?? [])]).toEqual([
      'hooks:write',
      'sender',
    ]);
  });

  test('nothing that is refused shows anything of signature or secret', async () => {
    const { checksOf, decide } = webhookWorld();
    const signature = sign('y');
    const { decision, ctx } = await decide(checksOf({ secrets }), ['X-Webhook-Signature', signature], 'x');
    expect(JSON.stringify(decision) + ctx.claimedCredential).not.toMatch(
      new RegExp(`${signature.slice(0, 4)}|${SECRET}`),
    );
  });
});
