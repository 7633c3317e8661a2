import { z } from 'zod';
import { EXCEPTION_SUBJECTS, type ExceptionChange, type LimitException } from '../core/limit-exceptions.ts';
import { instantOf } from './instants.ts';
import { acknowledged } from './key-schemas.ts';

/** Nothing that could move the cursor or turn the writing direction where it is shown. */
const PLAIN = /^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u;
const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(PLAIN, 'a text has no control characters and no marks of writing direction');

const MAX_FACTOR = 100;
const amount = z.int().min(1).max(1_000_000).optional();

const subjects = {
  key: text(64).optional().describe('Id of one API key. A successor of the key does not inherit.'),
  keyOwner: text(200).optional().describe('Owner of API keys: all of them, also those to come.'),
  user: text(256).optional().describe('Subject of tokens or certificates; goes with `issuer`.'),
  client: text(256).optional().describe('Id of an OAuth client; with `issuer` where its tokens have one.'),
  tenant: text(256).optional().describe('A tenant as tokens name it; goes with `issuer`.'),
  address: text(64).optional().describe('An address or a network such as 10.0.0.0/8.'),
};
/** How a body names whom an exception is for. */
export type SubjectKey = keyof typeof subjects;

const WITH_ISSUER: readonly SubjectKey[] = ['user', 'client', 'tenant'];

/** The one subject that a body names. */
export function subjectOf(who: Readonly<Partial<Record<SubjectKey, string>>>): [SubjectKey, string][] {
  return (Object.keys(subjects) as SubjectKey[]).flatMap((key) =>
    who[key] === undefined ? [] : [[key, who[key]] as [SubjectKey, string]],
  );
}

const who = z
  .strictObject({
    ...subjects,
    issuer: text(2048)
      .optional()
      .describe('`iss` of the tokens, exactly; of certificates the name of the authority.'),
  })
  .refine((one) => subjectOf(one).length === 1, {
    message: 'name one: `key`, `keyOwner`, `user`, `client`, `tenant` or `address`',
  })
  .refine((one) => one.issuer !== undefined || (one.user === undefined && one.tenant === undefined), {
    message:
      'users and tenants go with the `issuer` that vouches for them: another one may use the same names',
    path: ['issuer'],
  })
  .refine((one) => one.issuer === undefined || WITH_ISSUER.some((key) => one[key] !== undefined), {
    message: '`issuer` goes with `user`, `client` or `tenant`',
    path: ['issuer'],
  });

const numbers = z
  .strictObject({ perMinute: amount, perHour: amount, perDay: amount, concurrent: amount })
  .refine((one) => Object.values(one).some((value) => value !== undefined), 'say at least one number');

/** What `addLimitException` takes. */
export const exceptionBody = z
  .strictObject({
    for: who.describe('Whom the exception is for.'),
    tier: text(64).optional().describe('Tier in the place of their own.'),
    factor: z
      .number()
      .min(0.01)
      .max(MAX_FACTOR)
      .optional()
      .describe('Every number of their limits times this.'),
    limits: numbers
      .optional()
      .describe('Numbers in the place of those of their tier; of the API or endpoint, where one is named.'),
    api: text(64).optional().describe('Only requests to this API.'),
    endpoint: text(200).optional().describe('Only requests to this endpoint, as `api/endpoint`.'),
    limit: text(64)
      .optional()
      .describe('A limit of `outcomeLimits` by its id, and no other. Without it those are left alone.'),
    owner: text(200).describe('Who answers for the exception.'),
    reason: text(500).describe('Why there is one.'),
    approvedBy: text(200).optional().describe('Who agreed to it.'),
    createdBy: text(200).optional().describe('Who adds it, as whoever calls says.'),
    expiresAt: z.iso
      .datetime({ offset: true })
      .describe('When it ends: in the future, and in 400 days at most.'),
  })
  .refine((body) => [body.tier, body.factor, body.limits].filter((one) => one !== undefined).length === 1, {
    message: 'name one: `tier`, `factor` or `limits`',
  })
  .refine((body) => body.api === undefined || body.endpoint === undefined, {
    message: 'name `api` or `endpoint`, which names its API too',
    path: ['endpoint'],
  })
  .refine(
    (body) => body.limit === undefined || (body.tier === undefined && body.limits?.concurrent === undefined),
    {
      message:
        'a limit on outcomes has no tier and nothing under way: give a `factor`, or numbers of windows',
      path: ['limit'],
    },
  );

export type ExceptionBody = z.output<typeof exceptionBody>;

export const exceptionView = z.object({
  id: z.string(),
  status: z.enum(['active', 'expired']),
  subject: z.enum(EXCEPTION_SUBJECTS),
  issuer: z.string().describe('Empty where the credentials have none.'),
  value: z.string(),
  tier: z.string().nullable(),
  factor: z.number().nullable(),
  limits: z
    .object({ perMinute: z.int(), perHour: z.int(), perDay: z.int(), concurrent: z.int() })
    .nullable()
    .describe('0 is left as it is.'),
  change: z.string().describe('What is different, in words.'),
  api: z.string().describe('Empty for all.'),
  endpoint: z.string().describe('Empty for all.'),
  limit: z.string().describe('Id of a limit on outcomes; empty for none of them, but all others.'),
  owner: z.string(),
  reason: z.string(),
  approvedBy: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});

export const exceptionAnswer = z.object({ exception: exceptionView, ...acknowledged });
export const addedException = exceptionAnswer.extend({
  notes: z.array(z.string()).describe('What the caller should think about.'),
});
export const exceptionList = z.object({ exceptions: z.array(exceptionView) });

/** What an exception changes, in words. */
export function changeText(change: ExceptionChange): string {
  if (change.kind === 'tier') return `tier ${change.tier}`;
  if (change.kind === 'factor') return `${change.factor} times`;
  const { perMinute, perHour, perDay, concurrent } = change.numbers;
  const parts = [
    [perMinute, 'per minute'],
    [perHour, 'per hour'],
    [perDay, 'per day'],
    [concurrent, 'at once'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(', ');
}

/** An exception as the admin API shows it. */
export function viewOfException(one: LimitException, nowMs: number): z.input<typeof exceptionView> {
  const { change, createdAtMs, expiresAtMs, ...rest } = one;
  return {
    ...rest,
    status: nowMs < expiresAtMs ? 'active' : 'expired',
    tier: change.kind === 'tier' ? change.tier : null,
    factor: change.kind === 'factor' ? change.factor : null,
    limits: change.kind === 'numbers' ? change.numbers : null,
    change: changeText(change),
    createdAt: instantOf(createdAtMs) ?? '',
    expiresAt: instantOf(expiresAtMs) ?? '',
  };
}
