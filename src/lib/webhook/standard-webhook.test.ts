import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseWebhookSecret, signWebhook } from './standard-webhook.ts';

test('signs as the published example of Standard Webhooks is signed', () => {
  const key = parseWebhookSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const body = '{"test": 2432232314}';
  expect(signWebhook(key as Buffer, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('text that is no base64 secret is the key itself', () => {
  const text = 'a secret of more than 24 bytes';
  const mac = createHmac('sha256', text).update('a.1.{}').digest('base64');
  expect(signWebhook(parseWebhookSecret(text) as Buffer, 'a', 1, '{}')['webhook-signature']).toBe(
    `v1,${mac}`,
  );
});

test.each(['', 'short', 'whsec_', 'whsec_AAAA', 'whsec_not base64 not base64 not base64!', 'x'.repeat(65)])(
  '%j is no secret',
  (text) => {
    expect(parseWebhookSecret(text)).toBeNull();
  },
);
