import { z } from 'zod';
import type { BypassRecord, BypassUse } from '../core/waf-records.ts';
import { instantOf } from './instants.ts';
import { acknowledged } from './key-schemas.ts';

const HOUR_MS = 3_600_000;
/** How long a bypass holds unless said otherwise, and at most. */
export const DEFAULT_HOURS = 4;
export const MAX_HOURS = 24;

/** Nothing that could move the cursor or turn the writing direction where it is shown. */
const PLAIN = /^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u;
const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(PLAIN, 'a text has no control characters and no marks of writing direction');

const token = z
  .string()
  .max(1024)
  .optional()
  .describe('Token of the person, where the configuration names operators. It is kept nowhere.');

/** What `requestWafBypass` takes. */
export const bypassBody = z.strictObject({
  network: text(64).optional().describe('Only clients with this address, or of this network.'),
  rule: z.int().min(1).max(4_294_967_295).optional().describe('Only this rule.'),
  path: text(2048).optional().describe('Only this path and what is below it.'),
  parameter: text(256).optional().describe('Only this variable of rules, such as `ARGS:comment`.'),
  owner: text(200).describe('Who answers for the bypass.'),
  reason: text(500).describe('Why there is one.'),
  hours: z
    .number()
    .min(0.05)
    .max(MAX_HOURS)
    .default(DEFAULT_HOURS)
    .describe(`How many hours it holds from its approval on, ${MAX_HOURS} at most.`),
  requestedBy: text(200).optional().describe('Who asks for it, as whoever calls says.'),
  token,
});
export type BypassBody = z.output<typeof bypassBody>;

export const approvalBody = z.strictObject({
  by: z
    .string()
    .trim()
    .max(200)
    .regex(PLAIN, 'a text has no control characters and no marks of writing direction')
    .default('')
    .describe('Who approves it: neither its owner nor who asked for it. A token tells it as well.'),
  token,
});

export const bypassView = z.object({
  id: z.string(),
  status: z.enum(['waiting', 'active', 'ended', 'lapsed']),
  network: z.string().describe('Empty for all clients.'),
  rule: z.int().describe('0 for all rules.'),
  path: z.string().describe('Empty for all paths.'),
  parameter: z.string().describe('Empty for all variables.'),
  owner: z.string(),
  reason: z.string(),
  requestedBy: z.string(),
  approver: z.string().describe('Empty while it waits.'),
  isProven: z.boolean().describe('Whether who asked and who approved have shown who they are.'),
  hours: z.number(),
  createdAt: z.string(),
  approvedAt: z.string().nullable(),
  expiresAt: z.string().describe('When it ends; while it waits, when the request lapses.'),
  endedAt: z.string().nullable(),
  endedBy: z.string().describe('Empty where it ended by itself.'),
  requests: z.int().describe('Requests in which it took a match out.'),
  letThrough: z.int().describe('Of these, those that would have been blocked.'),
  lastUsedAt: z.string().nullable(),
});

export const bypassAnswer = z.object({ bypass: bypassView, ...acknowledged });
export const requestedBypass = bypassAnswer.extend({
  notes: z.array(z.string()).describe('What the caller should think about.'),
});
export const bypassList = z.object({ bypasses: z.array(bypassView) });

type Status = z.output<typeof bypassView>['status'];

/** What a bypass is at a moment. */
export function statusOf({ approvedAtMs, endedAtMs, expiresAtMs }: BypassRecord, nowMs: number): Status {
  const isOver = endedAtMs !== 0 || nowMs >= expiresAtMs;
  if (approvedAtMs === 0) return isOver ? 'lapsed' : 'waiting';
  return isOver ? 'ended' : 'active';
}

/** A bypass as the admin API shows it. */
export function viewOfBypass(
  one: BypassRecord,
  use: BypassUse | undefined,
  nowMs: number,
): z.input<typeof bypassView> {
  const { id, network, path, parameter, owner, reason, requestedBy, approver, isProven, endedBy } = one;
  return {
    ...{ id, network, rule: one.ruleId, path, parameter, owner, reason, requestedBy, approver, isProven },
    status: statusOf(one, nowMs),
    hours: one.lifeMs / HOUR_MS,
    createdAt: instantOf(one.createdAtMs) ?? '',
    approvedAt: instantOf(one.approvedAtMs),
    expiresAt: instantOf(one.expiresAtMs) ?? '',
    endedAt: instantOf(one.endedAtMs),
    endedBy,
    requests: use?.requests ?? 0,
    letThrough: use?.wouldBlock ?? 0,
    lastUsedAt: instantOf(use?.lastAtMs ?? 0),
  };
}
