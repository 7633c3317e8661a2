import { describe, expect, test } from 'vitest';
import { type FakeRule, fakeFacts, fakeRules } from '../../../test/support/fake-rules.ts';
import { ANY_ROUTE, answering, contextOf, type RequestSketch } from '../../../test/support/stage-context.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { Ports } from '../../core/ports.ts';
import type { KnownRule } from '../../core/rule-sets.ts';
import type { StageChecks } from '../../core/stage.ts';
import { UNGOVERNED, type WafGovernance } from '../../core/waf.ts';
import { waf } from './waf.ts';

const RULES: readonly FakeRule[] = [
  { id: 1, phase: 1, word: 'evil-head' },
  { id: 2, phase: 2, word: 'evil-body' },
  { id: 3, phase: 3, word: 'evil-field' },
  { id: 4, phase: 4, word: 'leak' },
  { id: 5, phase: 1, word: 'drop-me', kind: 'drop' },
  { id: 6, phase: 1, word: 'teapot', status: 418 },
  { id: 7, phase: 2, word: 'too-hard', givesUp: true },
  { id: 8, phase: 4, word: 'too-long', givesUp: true },
  { id: 22_000_100, phase: 2, word: 'broken', status: 400 },
];

interface Options {
  readonly block?: object;
  readonly slices?: number;
  readonly governance?: WafGovernance;
  readonly facts?: readonly KnownRule[];
}

function compile({ block = {}, slices = 1, governance = UNGOVERNED, facts }: Options = {}) {
  const { sets, log } = fakeRules(RULES, slices, facts);
  const ports = { wafGovernance: governance, clock: { nowMs: () => 5_000 } } as unknown as Ports;
  const checks = waf.compile(waf.schema.parse(block), { ...ANY_ROUTE, rules: sets }, ports);
  return { checks, calls: log.calls };
}

/** Takes a request through all phases as the proxy does, up to the first that does not continue. */
async function send(
  checks: StageChecks,
  ctx: RequestContext,
  answer: { status?: number; headers?: string[]; body?: string } | null = {},
): Promise<Decision> {
  const result = await decide(checks, ctx, answer);
  checks.finisher?.finish(ctx);
  return result;
}

async function decide(
  checks: StageChecks,
  ctx: RequestContext,
  answer: { status?: number; headers?: string[]; body?: string } | null,
): Promise<Decision> {
  const head = await checks.head?.run(ctx);
  if (head !== CONTINUE) return head as Decision;
  if (ctx.hasBody && checks.body?.wantsBody?.(ctx)) {
    const body = await checks.body.run(ctx);
    if (body !== CONTINUE) return body;
  }
  if (answer === null) return CONTINUE;
  answering(ctx, answer.status ?? 200, answer.headers ?? ['Content-Type', 'text/plain']);
  const response = await checks.response?.run(ctx);
  if (response !== CONTINUE) return response as Decision;
  if (!checks.responseBody?.wantsBody?.(ctx)) return CONTINUE;
  ctx.responseBody = Buffer.from(answer.body ?? '');
  return checks.responseBody.run(ctx);
}

const POST: RequestSketch = { method: 'POST', body: 'evil-body', headers: ['Content-Type', 'text/plain'] };

describe('rules look at', () => {
  test.each([
    ['a head', { rawTarget: '/?q=evil-head' }, {}, 'waf.blocked', 403],
    ['a body', POST, {}, 'waf.blocked', 403],
    ['a body that cannot be read', { ...POST, body: 'broken' }, {}, 'waf.malformed', 400],
    ['fields of an answer', {}, { headers: ['X', 'evil-field'] }, 'waf.answer', 502],
    ['the body of an answer', {}, { body: 'a leak' }, 'waf.answer', 502],
    ['what is to be dropped', { rawTarget: '/drop-me' }, {}, 'waf.dropped', 403],
    ['what gets a status of its own', { rawTarget: '/teapot' }, {}, 'waf.blocked', 418],
    ['what is harmless', { rawTarget: '/?q=1' }, { body: 'fine' }, 'request.passed', 0],
  ] as const)('%s', async (_, request, answer, reason, status) => {
    const { checks } = compile();
    const decision = await send(checks, contextOf(request as RequestSketch), answer as never);
    expect([decision.reason, decision.status]).toEqual([reason, status]);
    expect(decision.isDrop).toBe(reason === 'waf.dropped');
  });

  test('a route without rules costs nothing', () => {
    expect(waf.compile(waf.schema.parse({}), ANY_ROUTE, {} as Ports)).toEqual({});
  });

  test('what was found is told when the request is over', async () => {
    const { checks } = compile();
    const ctx = contextOf({ rawTarget: '/?q=evil-head' });
    await send(checks, ctx);
    expect(ctx.waf?.interruption).toMatchObject({ ruleId: 1, kind: 'deny' });
    expect(ctx.waf?.matches).toMatchObject([
      { ruleId: 1, variable: 'ARGS:q', value: 'evil-head', category: 'sqli', isLogOnly: false },
    ]);
  });
});

describe('slices', () => {
  test('a long phase gives the thread away between them', async () => {
    const { checks, calls } = compile({ slices: 5 });
    const turns: number[] = [];
    const first = send(checks, contextOf(POST));
    const other = new Promise<void>((resolve) =>
      setImmediate(() => {
        turns.push(calls.length);
        resolve();
      }),
    );
    expect((await first).reason).toBe('waf.blocked');
    await other;
    expect(turns[0]).toBeLessThan(calls.length);
    expect(calls.filter((call) => call === 'run 2')).toHaveLength(5);
    expect(calls.filter((call) => call.startsWith('body'))).toEqual(['body 9']);
  });

  test('nothing runs on for a client that is gone', async () => {
    const { checks, calls } = compile({ slices: 1000 });
    const ctx = contextOf({ rawTarget: '/?q=evil-head' });
    const pending = checks.head?.run(ctx);
    checks.finisher?.finish(ctx);
    expect(await pending).toBe(CONTINUE);
    expect(calls.filter((call) => call === 'run 1').length).toBeLessThan(5);
  });
});

describe('bodies that cannot be looked at whole', () => {
  const long = 'x'.repeat(2000);
  const block = { dataLimitBytes: 1024, bodyLimitBytes: 1024 };

  test('are refused before they are received where their length is known', async () => {
    const { checks, calls } = compile({ block });
    const decision = await send(checks, contextOf({ ...POST, body: long }));
    expect(decision.reason).toBe('waf.uninspected');
    expect(decision.status).toBe(413);
    expect(calls).toEqual(['run 1']);
  });

  test('are refused when more comes than was said', async () => {
    const { checks } = compile({ block });
    const ctx = contextOf({ ...POST, body: long, contentLength: -1 });
    ctx.bodyStart = ctx.body;
    ctx.body = null;
    expect((await send(checks, ctx)).reason).toBe('waf.uninspected');
  });

  test('pass with `log`, after what can be looked at was', async () => {
    const { checks, calls } = compile({ block: { ...block, whenUninspected: 'log' } });
    const ctx = contextOf({ ...POST, body: long, contentLength: -1 });
    expect(await send(checks, ctx)).toBe(CONTINUE);
    expect(calls).toContain('body 1024 partial');
    expect(ctx.waf?.incomplete).toContain('longer than');
    const attack = contextOf({ ...POST, body: `evil-body${long}`, contentLength: -1 });
    expect((await send(checks, attack)).reason).toBe('waf.blocked');
  });

  test('pass as uploads where their type is named, and the beginning is looked at', async () => {
    const { checks, calls } = compile({ block: { ...block, uploads: ['application/pdf'] } });
    const ctx = contextOf({ ...POST, body: long, headers: ['Content-Type', 'application/pdf'] });
    expect(await send(checks, ctx)).toBe(CONTINUE);
    expect(calls).toContain('body 1024 partial');
    const two = ['Content-Type', 'application/pdf', 'Content-Type', 'application/json'];
    expect((await send(checks, contextOf({ ...POST, body: long, headers: two }))).reason).toBe(
      'waf.uninspected',
    );
  });

  test.each([
    ['an unknown coding', 'snappy', Buffer.from('abc'), 415],
    ['what is no gzip', 'gzip', Buffer.from('abc'), 415],
    ['more codings than anybody needs', 'gzip, gzip, gzip, gzip', Buffer.from('abc'), 415],
  ])('%s', async (_, coding, body, status) => {
    const { checks } = compile();
    const headers = ['Content-Type', 'text/plain', 'Content-Encoding', coding];
    const decision = await send(checks, contextOf({ ...POST, body, headers }));
    expect([decision.reason, decision.status]).toEqual(['waf.uninspected', status]);
  });
});

describe('a rule that gives up at its bound', () => {
  test.each([
    ['refuses the request', {}, 'waf.uninspected'],
    ['lets it pass where the block says so', { whenUninspected: 'log' }, 'request.passed'],
  ])('%s, and that is written down', async (_, block, reason) => {
    const { checks } = compile({ block });
    const ctx = contextOf({ ...POST, body: 'too-hard' });
    expect((await send(checks, ctx)).reason).toBe(reason);
    expect(ctx.waf?.incomplete).toContain('bound');
  });

  test('withholds the answer that it is about', async () => {
    const { checks } = compile();
    const decision = await send(checks, contextOf({}), { body: 'too-long' });
    expect([decision.reason, decision.status]).toEqual(['waf.answer', 502]);
  });

  test('does not hide what other rules found', async () => {
    const { checks } = compile();
    const ctx = contextOf({ ...POST, body: 'too-hard evil-body' });
    expect((await send(checks, ctx)).reason).toBe('waf.blocked');
  });
});

describe('what is exempt', () => {
  test('an address on the allow list is looked at by no rule', async () => {
    const { checks, calls } = compile({ block: { allow: ['192.0.2.0/24'] } });
    const ctx = contextOf({ ...POST, rawTarget: '/?q=evil-head' });
    expect(await send(checks, ctx)).toBe(CONTINUE);
    expect(calls).toEqual([]);
    expect(ctx.waf?.view).toBe('allowed');
  });

  test('a rule in `bypass` does not run, one in `log` is noted, and what it would have done is known', async () => {
    const bypass = compile({ block: { rules: { 1: 'bypass' } } });
    const ctx = contextOf({ rawTarget: '/?q=evil-head' });
    expect(await send(bypass.checks, ctx)).toBe(CONTINUE);
    expect(ctx.waf?.matches).toEqual([]);
    const log = compile({ block: { categories: { sqli: 'log' } } });
    const other = contextOf({ rawTarget: '/?q=evil-head' });
    expect(await send(log.checks, other)).toBe(CONTINUE);
    expect(other.waf).toMatchObject({ wouldBlock: true, interruption: null, matches: [{ isLogOnly: true }] });
  });

  test('a rule says more than its category', async () => {
    const { checks } = compile({ block: { categories: { sqli: 'bypass' }, rules: { 1: 'block' } } });
    expect((await send(checks, contextOf({ rawTarget: '/?q=evil-head' }))).reason).toBe('waf.blocked');
    expect(await send(checks, contextOf(POST))).toBe(CONTINUE);
  });

  test('a rule that decides by the score is not meant by its category, and cannot be switched off', async () => {
    const facts = [fakeFacts(1, { role: 'score' }), fakeFacts(2)];
    const { checks } = compile({ facts, block: { categories: { sqli: 'bypass' } } });
    expect((await send(checks, contextOf({ rawTarget: '/?q=evil-head' }))).reason).toBe('waf.blocked');
    expect(await send(checks, contextOf(POST))).toBe(CONTINUE);
    for (const mode of ['log', 'bypass'])
      expect(() => compile({ facts, block: { rules: { 1: mode } } })).toThrow('mode: observe');
    compile({ facts, block: { rules: { 1: 'block' } } });
  });

  test('a bypass takes out its rule for a request, and whether it mattered is known', async () => {
    const bypass = {
      id: 'b1',
      network: '',
      ruleId: 2,
      path: '',
      parameter: '',
      owner: 'a',
      reason: 'r',
      approver: 'b',
      createdAtMs: 0,
      expiresAtMs: 1e12,
    };
    const governance = { ...UNGOVERNED, bypasses: () => [bypass] };
    const { checks } = compile({ governance });
    const ctx = contextOf(POST);
    expect(await send(checks, ctx)).toBe(CONTINUE);
    expect(ctx.waf).toMatchObject({ bypasses: ['b1'], wouldBlock: true, matches: [] });
    const harmless = contextOf({ ...POST, body: 'fine' });
    await send(checks, harmless);
    expect(harmless.waf?.wouldBlock).toBe(false);
  });

  test('an own rule on trial is noted; one of a release blocks whatever is said of trials', async () => {
    const own = [fakeFacts(1, { origin: 'custom', tags: [] })];
    const trial = compile({ facts: own });
    const ctx = contextOf({ rawTarget: '/?q=evil-head' });
    expect(await send(trial.checks, ctx)).toBe(CONTINUE);
    expect(ctx.waf?.wouldBlock).toBe(true);
    const released = compile();
    expect((await send(released.checks, contextOf({ rawTarget: '/?q=evil-head' }))).reason).toBe(
      'waf.blocked',
    );
    const said = compile({ facts: own, block: { rules: { 1: 'block' } } });
    expect((await send(said.checks, contextOf({ rawTarget: '/?q=evil-head' }))).reason).toBe('waf.blocked');
  });
});

describe('answers', () => {
  test.each([
    ['events', ['Content-Type', 'text/event-stream'], false],
    ['images', ['Content-Type', 'image/png'], false],
    ['JSON', ['Content-Type', 'application/json; charset=utf-8'], true],
    ['what does not say what it is', [], true],
    ['what says two types', ['Content-Type', 'image/png', 'Content-Type', 'text/html'], true],
  ])('%s are held: %#', async (_, headers, isHeld) => {
    const { checks, calls } = compile();
    const decision = await send(checks, contextOf(), { headers, body: 'a leak' });
    expect(decision.reason).toBe(isHeld ? 'waf.answer' : 'request.passed');
    expect(calls.includes('answer 6')).toBe(isHeld);
    expect(calls).toContain('run 4');
  });

  test('our own answers are not looked at', () => {
    const { checks, calls } = compile();
    const ctx = contextOf();
    checks.head?.run(ctx);
    expect(checks.response?.run(answering(ctx, 403, ['X', 'evil-field'], false))).toBe(CONTINUE);
    expect(calls).toEqual(['run 1', 'run 2']);
  });
});

describe('requests that were refused before', () => {
  test('are looked at so many times in a second, and nothing comes of it', () => {
    const { checks, calls } = compile();
    for (let i = 0; i < 60; i++) {
      const ctx = contextOf({ rawTarget: '/?q=evil-head' });
      ctx.decidedAt = 0;
      checks.finisher?.finish(ctx);
      if (i === 0) expect(ctx.waf).toMatchObject({ view: 'refused-before', interruption: { ruleId: 1 } });
      if (i === 59) expect(ctx.waf).toBe(null);
    }
    expect(calls.filter((call) => call === 'run 1')).toHaveLength(50);
  });

  test('others that no rule saw are not: nothing was refused', () => {
    const { checks, calls } = compile();
    checks.finisher?.finish(contextOf());
    expect(calls).toEqual([]);
  });
});

test('what weakens protection is told', () => {
  const block = {
    whenUninspected: 'log',
    allow: ['10.0.0.0/8'],
    uploads: ['image/*'],
    rules: { 1: 'log', 2: 'block' },
    categories: { sqli: 'bypass' },
    responses: { inspect: false },
    inboundThreshold: 10,
    outboundThreshold: 9,
  };
  expect(waf.weaknesses?.(waf.schema.parse(block)).map(({ pointer }) => pointer)).toEqual([
    '/whenUninspected',
    '/responses/inspect',
    '/allow/0',
    '/uploads/0',
    '/inboundThreshold',
    '/outboundThreshold',
    '/rules/1',
    '/categories/sqli',
  ]);
  expect(waf.weaknesses?.(waf.schema.parse({}))).toEqual([]);
});
