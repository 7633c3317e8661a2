import { z } from 'zod';
import { networkSchema } from '../../core/network.schema.ts';
import { PRESET_NAMES, parseSecret, presetScheme, type SecretEncoding } from '../../lib/webhook/scheme.ts';
import { templateProblem } from '../../lib/webhook/signed-text.ts';
import { headerName, type MethodBase } from './method.schema.ts';

const MIN_SECRET_BYTES = 16;
const MAX_SECRET_BYTES = 512;

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error:
    'Write a day such as 2026-01-31 (from its first second in UTC), or a time such as 2026-01-31T12:00:00Z.',
});

const secretSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
      .describe('Name of the secret in journal and notices, such as `2026-q1`.'),
    secret: z
      .string()
      .max(4096)
      .describe(
        `What sender and gateway share, of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes. Refer to it as \`\${env:NAME}\` or \`\${file:path}\`.`,
      ),
    encoding: z
      .enum(['text', 'hex', 'base64'])
      .optional()
      .describe(
        'How the secret is written: as the text itself, except for `standard-webhooks`, where it is base64, with or without `whsec_`.',
      ),
    createdAt: moment
      .optional()
      .describe(
        'When it was made: from 90 days on, `check` and a notice ask for a new one. `from` when absent.',
      ),
    from: moment.optional().describe('When it begins to be accepted; at once when absent.'),
    until: moment.optional().describe('When it stops being accepted; never when absent.'),
  })
  .describe('A secret of the webhook. During a rotation the old one and the new one are both listed.');

const FIELDS = {
  scheme: z
    .enum(['hmac-sha256', ...PRESET_NAMES])
    .default('hmac-sha256')
    .describe(
      'How the sender signs: `github`, `stripe`, `slack` and `standard-webhooks` as these document it, or `hmac-sha256` as the next fields say.',
    ),
  header: headerName
    .optional()
    .describe('Of `hmac-sha256`: header field with the signature; `X-Webhook-Signature` when absent.'),
  prefix: z
    .string()
    .regex(/^[\x21-\x7e]{0,32}$/)
    .optional()
    .describe(
      'Of `hmac-sha256`: what stands in front of the signature, such as `sha256=`; nothing when absent.',
    ),
  encoding: z
    .enum(['hex', 'base64'])
    .optional()
    .describe('Of `hmac-sha256`: how the signature is written; `hex` when absent.'),
  signed: z
    .string()
    .max(128)
    .optional()
    .describe(
      'Of `hmac-sha256`: the text that is signed, of `{timestamp}`, `{id}` and `{body}`; `{timestamp}.{body}` where there is a `timestampHeader`, else `{body}`.',
    ),
  timestampHeader: headerName
    .optional()
    .describe(
      'Of `hmac-sha256`: header field with the time of sending in epoch seconds. Without one, a request can be sent again later: weak.',
    ),
  idHeader: headerName.optional().describe('Of `hmac-sha256`: header field with the `{id}` that is signed.'),
};

/** The `webhook` method. */
export const webhookSchema = z
  .strictObject({
    ...FIELDS,
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
      .optional()
      .describe(
        'Subject of the caller in journal, rules and identity headers; the id of the API when absent.',
      ),
    secrets: z
      .array(secretSchema)
      .min(1)
      .max(8)
      .describe(
        'Secrets that are accepted. Each belongs to one webhook only: what is signed with it is accepted once, wherever it is sent.',
      ),
    sources: z
      .array(networkSchema)
      .max(1024)
      .default([])
      .describe(
        'Networks that the sender sends from; any when empty. Others are refused before the body is read.',
      ),
    toleranceS: z
      .int()
      .min(1)
      .max(3600)
      .default(300)
      .describe('Seconds that the time of sending may be off, both ways. More than 300 is weak.'),
    replay: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe(
        'Whether a message that the upstream has answered with success is refused when it comes again. `allow` is weak.',
      ),
    replayWindowS: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(86_400)
      .describe(
        'Seconds that a message is remembered for whose scheme signs no time. With one, `toleranceS` says it.',
      ),
    maxBodyBytes: z
      .int()
      .min(0)
      .max(33_554_432)
      .default(1_048_576)
      .describe(
        'Bytes of body that are held to verify the signature. A longer body is refused before anything is computed.',
      ),
    scopes: z
      .array(z.string().min(1).max(256))
      .max(64)
      .default([])
      .describe('Scopes of the caller, for `authorize`.'),
    roles: z.array(z.string().min(1).max(256)).max(64).default([]).describe('Roles of the caller.'),
    tier: z
      .string()
      .max(64)
      .default('')
      .describe('Rate limit tier of the caller; that of the API when absent.'),
    forward: z.boolean().default(true).describe('Whether the upstream gets the signature.'),
  })
  .superRefine((webhook, issues) => {
    const issue = (path: (string | number)[], message: string) =>
      issues.addIssue({ code: 'custom', path, message });
    checkSecrets(webhook, issue);
    checkScheme(webhook, issue);
  })
  .describe('Signed requests of a service that calls back.');

type WebhookBlock = z.output<typeof webhookSchema>;
type Issue = (path: (string | number)[], message: string) => void;

function checkSecrets({ scheme, secrets }: Pick<WebhookBlock, 'scheme' | 'secrets'>, issue: Issue): void {
  secrets.forEach(({ id, secret, encoding, from, until }, at) => {
    const key = parseSecret(secret, scheme, encoding);
    if (key === null) issue(['secrets', at, 'secret'], 'The secret is not written as `encoding` says.');
    else if (key.length < MIN_SECRET_BYTES || key.length > MAX_SECRET_BYTES) {
      issue(
        ['secrets', at, 'secret'],
        `The secret must have ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes.`,
      );
    }
    if (secrets.findIndex((other) => other.id === id) !== at)
      issue(['secrets', at, 'id'], `Two secrets are called \`${id}\`.`);
    if (secrets.findIndex((other) => other.secret === secret) !== at) {
      issue(['secrets', at, 'secret'], 'The secret is listed twice.');
    }
    if (from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from)) {
      issue(['secrets', at, 'until'], 'The secret would end before it begins.');
    }
  });
}

function checkScheme(webhook: Pick<WebhookBlock, keyof typeof FIELDS>, issue: Issue): void {
  const { scheme, signed, timestampHeader, idHeader } = webhook;
  if (scheme !== 'hmac-sha256') {
    const own = ['header', 'prefix', 'encoding', 'signed', 'timestampHeader', 'idHeader'] as const;
    for (const name of own) {
      if (webhook[name] !== undefined) issue([name], `The scheme \`${scheme}\` says this itself.`);
    }
    return;
  }
  const problem = signed === undefined ? null : templateProblem(signed);
  if (problem !== null) return issue(['signed'], problem);
  const text = signed ?? (timestampHeader === undefined ? '{body}' : '{timestamp}.{body}');
  if (text.includes('{timestamp}') !== (timestampHeader !== undefined)) {
    issue(
      ['signed'],
      'A time proves nothing unless it is signed: give both `timestampHeader` and `{timestamp}`, or neither.',
    );
  }
  if (text.includes('{id}') !== (idHeader !== undefined)) {
    issue(
      ['signed'],
      'An id proves nothing unless it is signed: give both `idHeader` and `{id}`, or neither.',
    );
  }
}

export interface WebhookSecret {
  readonly id: string;
  readonly secret: string;
  readonly encoding?: SecretEncoding;
  /** Epoch milliseconds; 0 where it is not known. */
  readonly createdAtMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface WebhookConfig extends MethodBase, Omit<WebhookBlock, 'secrets' | 'header' | 'name'> {
  readonly kind: 'webhook';
  readonly header: string;
  /** '' for the id of the API. */
  readonly name: string;
  readonly secrets: readonly WebhookSecret[];
}

const msOf = (text: string | undefined): number => (text === undefined ? 0 : Date.parse(text));

/** The configuration of a `webhook` method. */
export function toWebhookConfig(webhook: WebhookBlock, pointer: string): WebhookConfig {
  const { secrets, scheme, header = 'X-Webhook-Signature', name = '' } = webhook;
  return {
    ...webhook,
    kind: 'webhook',
    pointer,
    name,
    header: scheme === 'hmac-sha256' ? header : presetScheme(scheme).signatureHeader,
    secrets: secrets.map(({ id, secret, encoding, createdAt, from, until }) => ({
      id,
      secret,
      encoding,
      createdAtMs: msOf(createdAt ?? from),
      fromMs: msOf(from),
      untilMs: until === undefined ? Number.POSITIVE_INFINITY : msOf(until),
    })),
  };
}
