import { expect, test } from 'vitest';
import { authenticationSchema } from '../stages/authentication/authentication.schema.ts';
import type { Terminal } from './terminal.ts';
import { webhookSecret } from './webhook-secret.ts';

const terminal: Terminal = { out() {}, err() {}, paint: (_, text) => text, paintErr: (_, text) => text };

const make = async () => {
  const { json } = await webhookSecret.run({ values: {}, words: [], terminal } as never);
  return json as { text: string; standard: string; createdAt: string };
};

test('both forms can be used, and are new every time', async () => {
  const { text, standard, createdAt } = await make();
  for (const [scheme, secret] of [
    ['github', text],
    ['hmac-sha256', text],
    ['standard-webhooks', standard],
  ]) {
    const webhook = { scheme, secrets: [{ id: 'a', secret, createdAt }] };
    expect(authenticationSchema.safeParse({ webhook }).error?.issues ?? []).toEqual([]);
  }
  expect((await make()).text).not.toBe(text);
});
