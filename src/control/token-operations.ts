import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { TokenRevocation } from '../core/token-revocations.ts';
import { instantOf } from './instants.ts';
import { acknowledged } from './key-schemas.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
const name = z
  .string()
  .regex(/^[^\x00-\x1f\x7f]{1,256}$/, 'a name has 1 to 256 characters, none of them a control character');

const revokeBody = z
  .strictObject({
    issuer: z
      .string()
      .max(2048)
      .refine((text) => URL.canParse(text), 'the issuer is a URL, as `iss` of its tokens writes it')
      .describe('`iss` of the tokens, exactly.'),
    jti: name.optional().describe('Id of one token. Either this or `subject`.'),
    subject: name.optional().describe('Subject whose tokens are all revoked.'),
    before: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('With `subject`: only tokens issued before this instant; now when absent.'),
    keepHours: z
      .int()
      .min(1)
      .max(8760)
      .default(720)
      .describe('Hours until the revocation is forgotten: not less than the tokens live.'),
  })
  .refine((body) => (body.jti === undefined) !== (body.subject === undefined), {
    message: 'name either `jti` or `subject`',
  })
  .refine((body) => body.before === undefined || body.subject !== undefined, {
    message: '`before` goes with `subject`: a single token is revoked whenever it was issued',
    path: ['before'],
  });

const revocationView = z.object({
  issuer: z.string(),
  kind: z.enum(['jti', 'subject']),
  value: z.string(),
  before: z.string().nullable().describe('RFC 3339; null for a single token.'),
  until: z.string().describe('When the revocation is forgotten.'),
  createdAt: z.string(),
});

function viewOf({ issuer, kind, value, beforeMs, untilMs, createdAtMs }: TokenRevocation) {
  const times = {
    before: instantOf(beforeMs),
    until: instantOf(untilMs) ?? '',
    createdAt: instantOf(createdAtMs) ?? '',
  };
  return { issuer, kind, value, ...times };
}

function revocationOf(body: z.output<typeof revokeBody>, nowMs: number): TokenRevocation {
  const kind = body.jti === undefined ? 'subject' : 'jti';
  const value = body.jti ?? body.subject ?? '';
  const id = createHash('sha256').update(`${kind}\n${body.issuer}\n${value}`).digest('base64url');
  const beforeMs = kind === 'jti' ? 0 : body.before === undefined ? nowMs : Date.parse(body.before);
  const untilMs = nowMs + body.keepHours * HOUR_MS;
  return { id, issuer: body.issuer, kind, value, beforeMs, untilMs, createdAtMs: nowMs };
}

const notDistributed = (why: string) =>
  new Problem(
    503,
    'not_distributed',
    `The revocation is in the database, but not every gateway has it: ${why} Revoke once more to see whether all have.`,
  );

/** Revokes tokens and waits until no thread of any gateway accepts them any more. */
async function revokeToken(services: ControlServices, body: z.output<typeof revokeBody>) {
  const revocation = revocationOf(body, services.clock.nowMs());
  await services.revocations.add(revocation);
  const stored = (await services.revocations.find(revocation.id)) ?? revocation;
  try {
    const { nodes, ...own } = await services.distributeRevocations([revocation.id]);
    // A gateway that lost the database goes on with tokens: their issuer vouches for them, not the database.
    const without = nodes.filter(({ state }) => state !== 'applied').map((node) => node.name);
    if (without.length > 0) return notDistributed(`no word of ${without.join(', ')}.`);
    return { revocation: viewOf(stored), ...own, nodes: nodes.map((node) => ({ ...node })) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return notDistributed(error.message);
  }
}

async function listRevocations(services: ControlServices) {
  const found = await services.revocations.list(services.clock.nowMs());
  return { revocations: found.map(viewOf) };
}

/** Rows of the table of operations about tokens. */
export const TOKEN_OPERATIONS = {
  revokeToken: operation({
    ...common,
    method: 'POST',
    path: '/v1/tokens/revocations',
    summary: 'Revokes one token or all of a subject, and answers when no thread accepts them any more.',
    body: revokeBody,
    response: z.object({ revocation: revocationView, ...acknowledged }),
    run: (services, { body }) => revokeToken(services, body),
  }),
  listTokenRevocations: operation({
    ...common,
    method: 'GET',
    path: '/v1/tokens/revocations',
    summary: 'Lists the revocations of tokens that are in force, the newest first.',
    response: z.object({ revocations: z.array(revocationView) }),
    run: listRevocations,
  }),
};
