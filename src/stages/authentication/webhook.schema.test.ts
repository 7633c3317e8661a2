import { describe, expect, test } from 'vitest';
import { authenticationSchema } from './authentication.schema.ts';
import { authentication } from './authentication.ts';
import { webhookSchema } from './webhook.schema.ts';

const secret = 'a secret of enough bytes';
const secrets = [{ id: 'a', secret }];

/** Where a block is wrong, and why. */
function problemsOf(webhook: object): string[] {
  const parsed = webhookSchema.safeParse(webhook);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('/')} ${message}`);
}

describe('the configuration of a webhook', () => {
  test.each([
    [{ secrets }],
    [{ secrets, scheme: 'github' }],
    [{ secrets, timestampHeader: 'X-Time' }],
    [{ secrets, timestampHeader: 'X-Time', idHeader: 'X-Id', signed: '{id}.{timestamp}.{body}' }],
    [{ secrets, timestampHeader: 'X-Time', signed: 'v0:{timestamp}:{body}', prefix: 'v0=' }],
    [{ secrets: [{ id: 'a', secret: 'AAECAwQFBgcICQoLDA0ODw==', encoding: 'base64' }] }],
    [
      {
        secrets: [{ id: 'a', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
        scheme: 'standard-webhooks',
      },
    ],
    [{ secrets: [{ id: 'a', secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }], scheme: 'standard-webhooks' }],
    [{ secrets: [{ id: 'a', secret, createdAt: '2026-01-01', until: '2026-04-01T12:00:00+01:00' }] }],
  ])('%j is right', (webhook) => {
    expect(problemsOf(webhook)).toEqual([]);
  });

  test.each([
    [{}, 'secrets'],
    [{ secrets: [] }, 'secrets'],
    [{ secrets: [{ id: 'a', secret: 'short' }] }, 'secrets/0/secret The secret must have 16 to 512 bytes'],
    [{ secrets: [{ id: 'a', secret: '00'.repeat(15), encoding: 'hex' }] }, 'secrets/0/secret'],
    [{ secrets: [{ id: 'a', secret, encoding: 'hex' }] }, 'secrets/0/secret The secret is not written'],
    [{ secrets, scheme: 'standard-webhooks' }, 'secrets/0/secret The secret is not written'],
    [{ secrets: [...secrets, { id: 'a', secret: `${secret}2` }] }, 'secrets/1/id'],
    [{ secrets: [...secrets, { id: 'b', secret }] }, 'secrets/1/secret The secret is listed twice'],
    [{ secrets: [{ id: 'a', secret, from: '2026-02-01', until: '2026-01-01' }] }, 'secrets/0/until'],
    [{ secrets: [{ id: 'a', secret, createdAt: 'yesterday' }] }, 'secrets/0/createdAt Write a day'],
    [{ secrets, scheme: 'github', header: 'X-Sig' }, 'header The scheme `github` says this itself'],
    [{ secrets, scheme: 'slack', timestampHeader: 'X-T' }, 'timestampHeader'],
    [{ secrets, scheme: 'githab' }, 'scheme'],
    [{ secrets, signed: '{timestamp}.{body}' }, 'signed A time proves nothing'],
    [{ secrets, timestampHeader: 'X-T', signed: '{body}' }, 'signed A time proves nothing'],
    [{ secrets, idHeader: 'X-Id' }, 'signed An id proves nothing'],
    [{ secrets, timestampHeader: 'X-T', signed: '{timestamp}{body}' }, 'signed A sign such as'],
    [{ secrets, timestampHeader: 'X-T', signed: '{timestamp}1{body}' }, 'signed A sign such as'],
    [{ secrets, signed: '{body}.end' }, 'signed The signed text ends'],
    [{ secrets, signed: '{body}{body}' }, 'signed Each placeholder'],
    [{ secrets, signed: '{host}.{body}' }, 'signed The placeholders'],
    [{ secrets, sources: ['10.0.0.1/8'] }, 'sources/0'],
    [{ secrets, sources: ['::ffff:0:0/96'] }, 'sources/0'],
    [{ secrets, toleranceS: 0 }, 'toleranceS'],
    [{ secrets, prefix: 'a b' }, 'prefix'],
    [{ secrets, name: 'a\nb' }, 'name'],
  ])('%j is wrong', (webhook, problem) => {
    const problems = problemsOf(webhook);
    expect(problems[0]).toContain(problem);
    expect(problems.join()).not.toContain(secret);
  });

  test.each([
    [{ webhook: { secrets } }, { apiKey: { header: 'x-webhook-signature' } }, 'cannot carry both'],
    [
      { webhook: { secrets } },
      { webhook: { secrets, timestampHeader: 'X-T' } },
      'put their secrets into one',
    ],
  ])('%j and %j cannot stand side by side', async (one, other, text) => {
    const { webhookWorld } = await import('../../../test/support/webhook-world.ts');
    const { routeFacts } = await import('../../../test/support/authentication-world.ts');
    const config = authenticationSchema.parse({ anyOf: [one, other] });
    expect(() => authentication.compile(config, routeFacts(), webhookWorld().ports)).toThrow(text);
  });
});

describe('what is weak', () => {
  const weak = (webhook: object): string[] =>
    (authentication.weaknesses?.(authenticationSchema.parse({ webhook })) ?? []).map(
      ({ pointer, message }) => `${pointer} ${message}`,
    );
  const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  const fresh = (createdAt: string): object => ({
    scheme: 'slack',
    secrets: [{ id: 'a', secret, createdAt }],
  });

  test('a secret is too old from 90 days on', () => {
    expect(weak(fresh(daysAgo(89)))).toEqual([]);
    expect(weak(fresh(daysAgo(90)))).toEqual([
      '/webhook/secrets/0/createdAt The secret `a` is 90 days old: agree on a new one with the sender.',
    ]);
    const ended = { secrets: [{ id: 'a', secret, createdAt: daysAgo(200), until: daysAgo(1) }] };
    expect(weak({ scheme: 'slack', ...ended })).toEqual([]);
  });

  test.each([
    [{ scheme: 'slack', secrets }, 'does not say `createdAt`'],
    [{ ...fresh(daysAgo(1)), toleranceS: 301 }, '/webhook/toleranceS'],
    [{ ...fresh(daysAgo(1)), replay: 'allow' }, '/webhook/replay'],
    [{ ...fresh(daysAgo(1)), sources: ['0.0.0.0/0'] }, '/webhook/sources/0'],
    [{ ...fresh(daysAgo(1)), scheme: 'github' }, 'accepted again after 86400 s. List the networks'],
    [{ ...fresh(daysAgo(1)), scheme: 'hmac-sha256' }, 'or have it sign the time'],
  ])('%j', (webhook, text) => {
    expect(weak(webhook)).toHaveLength(1);
    expect(weak(webhook)[0]).toContain(text);
  });

  test('a scheme without time is not, where the sender is known by its address', () => {
    expect(weak({ ...fresh(daysAgo(1)), scheme: 'github', sources: ['192.0.2.0/24'] })).toEqual([]);
  });
});
