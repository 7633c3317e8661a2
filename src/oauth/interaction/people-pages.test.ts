import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { userRecord } from '../../../test/support/users.ts';
import { Unavailable } from '../../core/errors.ts';
import { hashPassword } from '../../lib/password/argon2.ts';
import { type Database, openDatabase } from '../../stores/sql/open-database.ts';
import { Federation } from '../federation/federation.ts';
import { LinkedUsers } from '../federation/linked-users.ts';
import { PasswordChecker } from '../users/password-checker.ts';
import { SignIn } from '../users/sign-in.ts';
import { Vault } from '../vault.ts';
import { peoplePages } from './people-pages.ts';
import type { InteractionView, PageAnswer, Pages, Visit } from './seam.ts';
import { SignInStates } from './sign-in-state.ts';
import { type SignInEvent, SignInSteps } from './sign-in-steps.ts';

const PASSWORD = 'tin roof rusted again';
const CHEAP = { memoryKib: 64, passes: 1, lanes: 1 };
const START_MS = Date.UTC(2026, 10, 26, 12);
const vault = new Vault('a secret of the tests with enough characters');

let dir: string;
let database: Database;
let nowMs: number;
let checker: PasswordChecker;
let events: SignInEvent[];
let pages: Pages;
const clock = { nowMs: () => nowMs };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-pages-'));
  nowMs = START_MS;
  events = [];
  database = await openDatabase({ location: { kind: 'sqlite', path: join(dir, 'a.db') }, clock });
  checker = new PasswordChecker({ cost: CHEAP, concurrency: 2, waiting: 1000 });
  pages = makePages();
  const passwordHash = await hashPassword(PASSWORD, CHEAP, randomBytes);
  for (const [name, more] of [
    ['alice', {}],
    ['disabled', { disabledAtMs: 1 }],
    ['federated', { passwordHash: '' }],
    ['careful', { isTotpRequired: true }],
  ] as const) {
    await database.users.create(userRecord(name, { passwordHash, ...more }));
  }
});

afterEach(async () => {
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

function makePages(isMfaRequired = false): Pages {
  const { users } = database;
  const federation = new Federation({
    place: 'auth.test',
    upstreams: [],
    linked: new LinkedUsers(users, clock),
    vault,
    clock,
    report: () => {},
  });
  const steps = new SignInSteps({
    place: 'auth.test',
    users,
    signIn: new SignIn({ users, checker, vault, clock }),
    states: new SignInStates(vault, clock),
    federation,
    clock,
    hasPasswords: true,
    isMfaRequired,
    note: (event) => events.push(event),
  });
  return peoplePages({ place: 'auth.test', users, vault, steps, federation });
}

const INTERACTION: InteractionView = {
  uid: 'uid-1',
  prompt: 'login',
  reasons: ['no_session'],
  client: { id: 'shop', name: 'Shop', class: 'public' },
  accountId: '',
  amr: [],
  loginHint: '',
  scopes: ['openid'],
  resourceScopes: {},
  acrValues: [],
  redirectOrigin: 'https://shop.test',
};

function visit(
  method: Visit['method'],
  path: string,
  form: Record<string, string> = {},
  view: Partial<InteractionView> = {},
): Promise<PageAnswer> {
  const interaction = { ...INTERACTION, ...view };
  return pages.answer({
    method,
    path,
    query: new URLSearchParams(),
    form: new URLSearchParams({ token: vault.hash('form', interaction.uid), ...form }),
    cookies: new Map(),
    clientAddress: '192.0.2.1',
    userAgent: '',
    interaction,
    urlOf: (below) => `https://auth.test${below}`,
  });
}

async function page(...parts: Parameters<typeof visit>): Promise<{ status: number; html: string }> {
  const answer = await visit(...parts);
  if (answer.kind !== 'page') throw new Error(`not a page: ${JSON.stringify(answer)}`);
  return answer;
}

const login = (name: string, password = PASSWORD) => visit('POST', '/login', { name, password });
const stateOf = (html: string): string => /name="state" value="([^"]+)"/.exec(html)?.[1] ?? '';
const secretOf = (html: string): string =>
  (/class="secret">([A-Z2-7 ]+)</.exec(html)?.[1] ?? '').replaceAll(' ', '');
const codeFor = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: nowMs + steps * 30_000 });

describe('a sign-in that fails', () => {
  const cases = [
    ['a wrong password', 'alice', 'not the password', 'wrong-password'],
    ['nobody', 'nobody', PASSWORD, 'unknown-user'],
    ['somebody who is disabled', 'disabled', PASSWORD, 'disabled'],
    ['somebody without a password', 'federated', '', 'wrong-password'],
    ['an empty password', 'alice', '', 'wrong-password'],
    ['a name that is no name', '\u0000\u202e'.repeat(50), PASSWORD, 'unknown-user'],
    ['a name in another spelling', 'аlice', PASSWORD, 'unknown-user'],
  ] as const;

  test.each(cases)('for %s looks and costs like every other', async (_what, name, password, fault) => {
    const before = checker.computations;
    const answer = (await login(name, password)) as { status: number; html: string };
    expect(checker.computations - before).toBe(1);
    expect(answer.status).toBe(401);
    const reference = (await login('alice', 'wrong')) as { html: string };
    const withoutName = (html: string) => html.replace(/name="name" type="text" value="[^"]*"/, '');
    expect(withoutName(answer.html)).toBe(withoutName(reference.html));
    expect(events[0]).toMatchObject({ outcome: 'failure', step: 'password', fault });
  });

  test('for somebody who is paused costs and looks the same, and the right password does not help', async () => {
    for (let time = 0; time < 10; time++) await login('alice', 'wrong');
    const before = checker.computations;
    expect(await login('alice')).toMatchObject({ status: 401 });
    expect(checker.computations - before).toBe(1);
    expect(events.at(-1)).toMatchObject({ fault: 'paused' });
    nowMs += 30_000;
    expect(await login('alice')).toMatchObject({ kind: 'login' });
  });

  test('a password that is longer than any may be is not looked at', async () => {
    const before = checker.computations;
    expect(await login('alice', 'x'.repeat(1000))).toMatchObject({ status: 401 });
    expect(await login('nobody', 'x'.repeat(1000))).toMatchObject({ status: 401 });
    expect(checker.computations).toBe(before);
  });

  test.each(['\u0000', 'ali\u0000ce', '', 'x'.repeat(257)])(
    'the database is not asked for %j, which PostgreSQL might not take',
    async (name) => {
      const asked = vi.spyOn(database.users, 'findByName');
      expect(await login(name)).toMatchObject({ status: 401 });
      expect(asked).not.toHaveBeenCalled();
    },
  );

  test('never logs what was typed', async () => {
    await login('my password by mistake', 'another secret');
    expect(JSON.stringify(events)).not.toMatch(/mistake|secret/);
  });
});

test('too many sign-ins at once are refused, not queued without end, and cost nobody an attempt', async () => {
  checker = new PasswordChecker({ cost: CHEAP, concurrency: 1, waiting: 3 });
  pages = makePages();
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => login('alice', 'wrong')));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every((one) => (one as PromiseRejectedResult).reason instanceof Unavailable)).toBe(true);
  expect(checker.computations).toBe(50 - refused.length);
});

test('a hash of another cost is renewed when its user signs in', async () => {
  checker = new PasswordChecker({ cost: { ...CHEAP, passes: 2 }, concurrency: 1, waiting: 9 });
  pages = makePages();
  await login('alice', 'wrong');
  expect((await database.users.find('alice'))?.passwordHash).toContain('t=1');
  expect(await login('alice')).toMatchObject({ kind: 'login' });
  expect((await database.users.find('alice'))?.passwordHash).toContain('t=2');
  expect(await login('alice')).toMatchObject({ kind: 'login' });
});

describe('a password that is changed while the old one is looked at', () => {
  const NEW_HASH = 'the hash of another password';
  /** Lets the administrator be faster than the computation under way. */
  class SlowChecker extends PasswordChecker {
    override async matches(password: string, encoded: string): Promise<boolean> {
      const isMatch = await super.matches(password, encoded);
      if (at === 'matching') await change();
      return isMatch;
    }
    override async hash(password: string): Promise<string> {
      const hash = await super.hash(password);
      if (at === 'renewing') await change();
      return hash;
    }
  }
  let at: 'matching' | 'renewing';
  const change = async () => {
    await database.users.update('alice', { passwordHash: NEW_HASH, credentialsChangedAtMs: nowMs });
  };

  beforeEach(() => {
    checker = new SlowChecker({ cost: { ...CHEAP, passes: 2 }, concurrency: 1, waiting: 9 });
    pages = makePages();
  });

  test('is not right any more', async () => {
    at = 'matching';
    expect(await login('alice')).toMatchObject({ status: 401 });
    expect(events.at(-1)).toMatchObject({ fault: 'changed-meanwhile' });
  });

  test('is not put back by a hash of the old one that is renewed', async () => {
    at = 'renewing';
    await login('alice');
    expect((await database.users.find('alice'))?.passwordHash).toBe(NEW_HASH);
  });
});

test('a database that cannot be used is no wrong password', async () => {
  await database.close();
  await expect(login('alice')).rejects.toBeInstanceOf(Unavailable);
  await expect(visit('GET', '', {}, { prompt: 'consent', accountId: 'alice' })).rejects.toBeInstanceOf(
    Unavailable,
  );
  database = await openDatabase({ location: { kind: 'sqlite', path: join(dir, 'a.db') }, clock });
});

describe('stepping up', () => {
  const signedIn = {
    accountId: 'alice',
    amr: ['pwd'],
    reasons: ['acr_values'],
    acrValues: ['urn:portcullis:acr:multi-factor'],
  };

  test('asks who is signed in for the code alone', async () => {
    expect((await page('GET', '', {}, signedIn)).html).toContain('Set up your second factor');
  });

  test.each([
    [{ reasons: ['acr_values', 'login_prompt'] }],
    [{ reasons: ['max_age'] }],
    [{ accountId: '' }],
    [{ accountId: 'nobody' }],
    [{ accountId: 'disabled' }],
    [{ amr: [] }],
  ])('asks for everything with %j', async (more) => {
    expect((await page('GET', '', {}, { ...signedIn, ...more })).html).toContain('Sign in');
  });
});

describe('forms', () => {
  test.each(['/login', '/consent', '/code', '/cancel', '/finish'])(
    '%s without its token is refused',
    async (path) => {
      for (const token of ['', 'x', vault.hash('form', 'uid-2')]) {
        const answer = await page('POST', path, { token, name: 'alice', password: PASSWORD });
        expect(answer.status).toBe(403);
      }
      const consent = await page('POST', path, { token: 'x' }, { prompt: 'consent', accountId: 'alice' });
      expect(consent.status).toBe(403);
    },
  );

  test('of a sign-in do not consent, nor the other way round', async () => {
    expect(await visit('POST', '/consent')).toMatchObject({ kind: 'page', status: 400 });
    const form = { name: 'alice', password: PASSWORD };
    expect(await visit('POST', '/login', form, { prompt: 'consent' })).toMatchObject({ kind: 'redirect' });
  });

  test.each(['/login', '/code', '/anything/else', '/federation/none'])(
    'a GET of %s leads to the beginning, or nowhere',
    async (path) => {
      const { kind } = await visit('GET', path);
      expect(['redirect', 'missing']).toContain(kind);
    },
  );
});

describe('what others wrote', () => {
  const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)> \' ` javascript:';

  test.each([
    ['the name of a client', { client: { id: 'x', name: EVIL, class: '' } }],
    ['a hint', { loginHint: EVIL }],
    ['scopes', { prompt: 'consent', accountId: 'alice', scopes: [EVIL], resourceScopes: { [EVIL]: [EVIL] } }],
    ['where it goes on', { prompt: 'consent', accountId: 'alice', redirectOrigin: EVIL }],
  ] as const)('%s is text', async (_what, view) => {
    const { html } = await page('GET', '', {}, view as Partial<InteractionView>);
    expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    expect(html.match(/<form /g)?.length).toBe(2);
  });

  test('a user name that was typed is text', async () => {
    const { html } = (await login(EVIL, 'x')) as { html: string };
    expect(html).not.toMatch(/<script|<img/);
  });

  test('errors and codes are text', () => {
    for (const html of [
      pages.failure({ status: 400, error: EVIL, description: EVIL }),
      pages.deviceConfirm({ action: EVIL, xsrf: EVIL, client: EVIL, userCode: EVIL }),
      pages.loggedOut({ client: EVIL }),
      pages.deviceDone({ client: EVIL }),
    ]) {
      expect(html).not.toMatch(/<script|<img/);
    }
  });
});

describe('a second factor', () => {
  async function enrol(name = 'careful'): Promise<{ secret: string; codes: string[] }> {
    const shown = (await login(name)) as { html: string };
    const secret = secretOf(shown.html);
    const done = await page('POST', '/enrol', { state: stateOf(shown.html), code: codeFor(secret) });
    return {
      secret,
      codes: [...done.html.matchAll(/<li>([a-z0-9-]{19})<\/li>/g)].map(([, code]) => code as string),
    };
  }

  const askedFor = async (): Promise<string> => stateOf(((await login('careful')) as { html: string }).html);
  const send = (state: string, code: string) => visit('POST', '/code', { state, code });

  test('is set up with its first code, and gives ten recovery codes', async () => {
    const { codes } = await enrol();
    expect(new Set(codes).size).toBe(10);
    const stored = await database.users.find('careful');
    expect(stored?.totpSecret).not.toBe('');
  });

  test('makes a sign-in as old as its last step, however long the person took', async () => {
    const { secret } = await enrol();
    nowMs += 10 * 30_000;
    const state = await askedFor();
    nowMs += 9 * 60_000;
    expect(await send(state, codeFor(secret))).toMatchObject({ login: { atS: Math.floor(nowMs / 1000) } });
  });

  test('is kept sealed', async () => {
    const { secret } = await enrol();
    expect((await database.users.find('careful'))?.totpSecret).not.toContain(secret);
  });

  test.each([-1, 0, 1])('takes the code of step %i, with blanks, once', async (steps) => {
    const { secret } = await enrol();
    nowMs += 10 * 30_000;
    const code = codeFor(secret, steps);
    expect(await send(await askedFor(), `${code.slice(0, 3)} ${code.slice(3)}`)).toMatchObject({
      kind: 'login',
      login: { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:portcullis:acr:multi-factor' },
    });
    expect(await send(await askedFor(), code)).toMatchObject({ status: 401 });
  });

  test.each([-2, 2, 100])('does not take the code of step %i', async (steps) => {
    const { secret } = await enrol();
    nowMs += 200 * 30_000;
    expect(await send(await askedFor(), codeFor(secret, steps))).toMatchObject({ status: 401 });
  });

  test('of many at once with one code, one gets in', async () => {
    const { secret } = await enrol();
    nowMs += 60_000;
    const states = await Promise.all(Array.from({ length: 5 }, askedFor));
    const code = codeFor(secret);
    const kinds = (await Promise.all(states.map((state) => send(state, code)))).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'login')).toHaveLength(1);
  });

  test.each(['', '0', '12345', '1234567', 'abcdef', '１２３４５６', '-12345', '1e5'])(
    'does not take %j',
    async (code) => {
      await enrol();
      expect(await send(await askedFor(), code)).toMatchObject({ status: 401 });
    },
  );

  test('cannot be guessed: with the right password in between, ten failures are still ten', async () => {
    await enrol();
    let admitted = 0;
    for (let time = 0; time < 40; time++) {
      const shown = (await login('careful')) as { html?: string; status: number };
      const state = stateOf(shown.html ?? '');
      if (state === '') continue;
      await send(state, '000000');
      if (events.at(-1)?.fault === 'wrong-code') admitted += 1;
    }
    expect(admitted).toBeLessThanOrEqual(10);
  });

  test('a recovery code works once, and the last word of a state is not forged', async () => {
    const { codes } = await enrol();
    expect(await send(await askedFor(), codes[3] ?? '')).toMatchObject({ kind: 'login' });
    expect(await send(await askedFor(), codes[3] ?? '')).toMatchObject({ status: 401 });
    expect(await database.users.countRecoveryCodes('careful')).toBe(9);
  });

  test.each([
    [
      'of another interaction',
      async (state: string) => visit('POST', '/code', { state, code: '1' }, { uid: 'uid-2', ...{} }),
    ],
    [
      'that is too old',
      async (state: string) => {
        nowMs += 600_001;
        return send(state, '1');
      },
    ],
    [
      'from before the password was changed',
      async (state: string) => {
        await database.users.update('careful', { credentialsChangedAtMs: nowMs });
        return send(state, '1');
      },
    ],
    [
      'of somebody who was disabled',
      async (state: string) => {
        await database.users.update('careful', { disabledAtMs: nowMs });
        return send(state, '1');
      },
    ],
    ['that was made up', async () => send('bm9uc2Vuc2U', '1')],
    ['that is missing', async () => send('', '1')],
  ])('a state %s begins again', async (_what, use) => {
    await enrol();
    const answer = await use(await askedFor());
    expect(answer).toMatchObject({ kind: 'page', status: 400 });
    expect((answer as { html: string }).html).toContain('Please sign in again');
  });

  test('cannot be skipped: neither the end nor another step takes the state of the code step', async () => {
    await enrol();
    const state = await askedFor();
    for (const path of ['/finish', '/enrol']) {
      expect(await visit('POST', path, { state, code: '1' })).toMatchObject({ kind: 'redirect' });
    }
  });

  test('cannot be set up twice with one state: whoever came second is not in', async () => {
    const shown = (await login('careful')) as { html: string };
    const state = stateOf(shown.html);
    const code = codeFor(secretOf(shown.html));
    const answers = await Promise.all([1, 2].map(() => visit('POST', '/enrol', { state, code })));
    const statuses = answers.map((answer) => (answer.kind === 'page' ? answer.status : 0)).sort();
    expect(statuses).toEqual([200, 401]);
  });

  test('is asked of everybody where it is required, and of whom a client asks it of', async () => {
    const asks = { acrValues: ['urn:portcullis:acr:multi-factor'] };
    const form = { name: 'alice', password: PASSWORD };
    expect((await page('POST', '/login', form, asks)).html).toContain('Set up your second factor');
    const both = {
      acrValues: ['unknown', 'urn:portcullis:acr:single-factor', 'urn:portcullis:acr:multi-factor'],
    };
    expect(await visit('POST', '/login', form, both)).toMatchObject({ kind: 'login' });
    pages = makePages(true);
    expect((await page('POST', '/login', form)).html).toContain('Set up your second factor');
  });
});
