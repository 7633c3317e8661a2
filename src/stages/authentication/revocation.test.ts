import { describe, expect, test } from 'vitest';
import { mtlsWorld, shown } from '../../../test/support/mtls-world.ts';
import { TestPki } from '../../../test/support/pki.ts';

const root = TestPki.root({ subject: '/CN=root' });
const below = root.authority({ subject: '/CN=below' });
const [good, revoked] = [root.client(), root.client()];
const deep = below.client();
const mute = TestPki.root({
  subject: '/CN=mute',
  extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
});
const world = mtlsWorld({
  listener: root.self.cert + mute.self.cert,
  lists: {
    'root.crl': root.crl([revoked]),
    'below.crl': below.crl(),
    'revoking.crl': root.crl([below.self]),
    'mute.crl': mute.crl(),
  },
});
const { clock, decide, checkOf, statuses } = world;
const reasonOf = async (revocation: object, certificate = shown(good)) =>
  (await decide({ mtls: { revocation } }, certificate)).reason;

describe('lists', () => {
  test.each([
    ['good', { crl: 'root.crl' }, shown(good), 'request.passed'],
    ['revoked', { crl: 'root.crl' }, shown(revoked), 'authn.revoked'],
    ['no list of the authority in between', { crl: 'root.crl' }, shown(deep, below), 'authn.unavailable'],
    ['a list of each', { crl: ['root.crl', 'below.crl'] }, shown(deep, below), 'request.passed'],
    [
      'an authority in between that was revoked',
      { crl: ['below.crl', 'revoking.crl'] },
      shown(deep, below),
      'authn.revoked',
    ],
    [
      'the same, of which nobody asks',
      { crl: ['below.crl'], covers: 'client' },
      shown(deep, below),
      'request.passed',
    ],
    ['no list, and who cares', { crl: 'below.crl', onUnavailable: 'allow' }, shown(good), 'request.passed'],
    [
      'a list by an authority that may sign none',
      { crl: 'mute.crl' },
      shown(mute.client()),
      'authn.unavailable',
    ],
  ])('%s', async (_what, revocation, certificate, reason) => {
    expect(await reasonOf(revocation, certificate)).toBe(reason);
  });

  test('a list that becomes too old does so on open connections, too', async () => {
    const [check, certificate] = [checkOf({ mtls: { revocation: { crl: 'root.crl' } } }), shown(good)];
    const startMs = clock.time;
    expect((await decide(check, certificate)).reason).toBe('request.passed');
    clock.time += 8 * 86_400_000;
    const { reason, status, detail } = await decide(check, certificate);
    expect([reason, status]).toEqual(['authn.unavailable', 503]);
    expect(detail).toMatch(/^The revocation list of CN=root is out of date since /);
    clock.time = startMs;
  });
});

describe('asking', () => {
  const ocsp = { responder: 'http://ocsp.test/' };

  test.each([
    ['good', { status: 'good' }, { ocsp }, 'request.passed'],
    ['revoked', { status: 'revoked' }, { ocsp }, 'authn.revoked'],
    ['unknown', { status: 'unknown' }, { ocsp }, 'authn.revoked'],
    ['nobody', { status: 'unavailable', problem: 'Down.' }, { ocsp }, 'authn.unavailable'],
    ['nobody, and who cares', { status: 'unavailable' }, { ocsp, onUnavailable: 'allow' }, 'request.passed'],
    ['nobody, but a list', { status: 'unavailable' }, { ocsp, crl: 'root.crl' }, 'request.passed'],
    ['revoked, whatever the list says', { status: 'revoked' }, { ocsp, crl: 'root.crl' }, 'authn.revoked'],
  ] as const)('%s', async (_what, answer, revocation, reason) => {
    for (const isSlow of [false, true]) {
      Object.assign(statuses, { answer, isSlow });
      expect(await reasonOf(revocation)).toBe(reason);
    }
    Object.assign(statuses, { answer: {}, isSlow: false });
  });

  test('what a list revoked is not asked about', async () => {
    statuses.asked.length = 0;
    expect(await reasonOf({ ocsp, crl: 'root.crl' }, shown(revoked))).toBe('authn.revoked');
    expect(statuses.asked).toEqual([]);
  });

  test('an answer counts as long as it says, and until it is another one', async () => {
    const [check, certificate] = [checkOf({ mtls: { revocation: { ocsp } } }), shown(good)];
    statuses.answer = { status: 'good', untilMs: clock.time + 1_000 };
    statuses.asked.length = 0;
    for (let i = 0; i < 3; i++) expect((await decide(check, certificate)).reason).toBe('request.passed');
    expect(statuses.asked).toHaveLength(1);
    clock.time += 1_001;
    await decide(check, certificate);
    expect(statuses.asked).toHaveLength(2);
    statuses.answer = { status: 'revoked' };
    statuses.version++;
    expect((await decide(check, certificate)).reason).toBe('authn.revoked');
  });
});
