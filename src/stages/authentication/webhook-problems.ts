import type { ReasonCode } from '../../core/reasons.ts';

/** What can be wrong with a webhook: the reason, and what the journal says. */
export const WEBHOOK_PROBLEMS = {
  source: ['authn.source', 'The address is in no network of `sources` of the webhook.'],
  ambiguous: ['authn.ambiguous', 'A header field of the signature came more than once.'],
  form: ['authn.malformed', 'The signature is not written as the scheme of the webhook says.'],
  fields: ['authn.malformed', 'The header field with the time or the id that is signed is missing.'],
  timestamp: ['authn.malformed', 'The time of sending is no whole number of epoch seconds.'],
  id: [
    'authn.malformed',
    'The id of the message is not 1 to 256 visible signs without the sign that ends it.',
  ],
  stale: ['authn.stale', 'The message was signed longer ago than `toleranceS` of the webhook.'],
  ahead: ['authn.stale', 'The message was signed further ahead than `toleranceS` of the webhook.'],
  length: ['validation.body-size', 'The body is longer than `maxBodyBytes` of the webhook.'],
  signature: [
    'authn.signature',
    'No secret of the webhook gives this signature for the body as it was received.',
  ],
  'secret-dates': ['authn.signature', 'The secret that gives this signature is not valid yet, or no longer.'],
  replayed: ['authn.received', 'The same message was accepted before.'],
} as const satisfies Record<string, readonly [ReasonCode, string]>;

export type WebhookProblem = keyof typeof WEBHOOK_PROBLEMS;
