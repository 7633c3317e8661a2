import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { Notice, NoticeKind } from '../core/notices.ts';
import type { BypassRecord } from '../core/waf-records.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { notesFor, scopeOf } from './bypass-rules.ts';
import {
  approvalBody,
  type BypassBody,
  bypassAnswer,
  bypassBody,
  bypassList,
  requestedBypass,
  statusOf,
  viewOfBypass,
} from './bypass-schemas.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import { identify, isSamePerson } from './operators.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
/** A request that nobody approves in this time is none any more. */
const WAITING_MS = 4 * HOUR_MS;
/** Every thread looks at all that hold for each request. */
const MAX_OPEN = 100;
/** Bypasses that are over can be looked up, and are in reports, for so long. */
const KEPT_MS = 400 * DAY_MS;

/** What notices say of a bypass. */
export function payloadOf(one: BypassRecord, by: string): Notice['payload'] {
  const { id, network, ruleId, path, parameter, owner, reason, requestedBy, approver, isProven } = one;
  const expiresAt = new Date(one.expiresAtMs).toISOString();
  return {
    bypassId: id,
    ...{ network, ruleId, path, parameter, owner, reason, requestedBy, approver, isProven, by, expiresAt },
  };
}

const noticeOf = (kind: NoticeKind, one: BypassRecord, by: string): Notice => ({
  kind,
  dedupeKey: one.id,
  payload: payloadOf(one, by),
});

const noSuch = (id: string) =>
  new Problem(
    404,
    'not_found',
    `There is no bypass ${id}: \`portcullis waf bypass list --all\` shows all of them.`,
  );

async function viewed(services: ControlServices, one: BypassRecord) {
  const uses = await services.waf.bypasses.listUses();
  return viewOfBypass(
    one,
    uses.find(({ id }) => id === one.id),
    services.clock.nowMs(),
  );
}

async function distribute(services: ControlServices, one: BypassRecord, what: string) {
  const untold = (why: string) =>
    new Problem(
      503,
      'not_distributed',
      `The bypass ${one.id} is ${what}, but not every gateway knows: ${why}`,
    );
  try {
    const { nodes, ...own } = await services.distributeBypasses([one.id]);
    const without = nodes.filter(({ state }) => state !== 'applied').map(({ name }) => name);
    if (without.length > 0) return untold(`no word of ${without.join(', ')}.`);
    return { bypass: await viewed(services, one), ...own, nodes: nodes.map((node) => ({ ...node })) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return untold(error.message);
  }
}

async function request(services: ControlServices, body: BypassBody) {
  const nowMs = services.clock.nowMs();
  const scope = scopeOf(body, services.wafRules());
  if (scope instanceof Problem) return scope;
  const person = identify(services.operators(), body.requestedBy ?? '', body.token);
  if (person instanceof Problem) return person;
  const open = (await services.waf.bypasses.list()).filter(
    (one) => nowMs < one.expiresAtMs && one.endedAtMs === 0,
  );
  if (open.length >= MAX_OPEN)
    return new Problem(
      409,
      'too_many',
      `There are ${MAX_OPEN} bypasses that wait or hold already: end some.`,
    );
  const one: BypassRecord = {
    id: `bp${randomBytes(8).toString('hex')}`,
    ...scope,
    owner: body.owner,
    reason: body.reason,
    requestedBy: person.name,
    approver: '',
    isProven: person.isProven,
    lifeMs: Math.round(body.hours * HOUR_MS),
    createdAtMs: nowMs,
    approvedAtMs: 0,
    expiresAtMs: nowMs + WAITING_MS,
    endedAtMs: 0,
    endedBy: '',
  };
  await services.waf.bypasses.add(one, nowMs - KEPT_MS);
  await services.notices.record(noticeOf('waf.bypass-requested', one, one.requestedBy));
  const told = await distribute(services, one, 'in the database');
  return told instanceof Problem ? told : { ...told, notes: notesFor(scope, one.isProven) };
}

/** Why somebody cannot approve a bypass; null when they can. */
function approvalFault(one: BypassRecord, by: string, isProven: boolean, nowMs: number): Problem | null {
  const status = statusOf(one, nowMs);
  if (status !== 'waiting')
    return new Problem(
      409,
      'not_waiting',
      `The bypass ${one.id} does not wait for approval: it is ${status}.`,
    );
  const other = (what: string) =>
    new Problem(403, 'same_person', `${by} ${what}: somebody else has to approve it.`);
  if (isSamePerson(one.owner, by)) return other('is the owner of the bypass');
  if (one.requestedBy !== '' && isSamePerson(one.requestedBy, by)) return other('has asked for the bypass');
  if (one.isProven !== isProven)
    return new Problem(
      409,
      'ask_again',
      'The configuration names other operators than when this bypass was asked for: ask for it again.',
    );
  return null;
}

async function approve(services: ControlServices, id: string, { by, token }: z.output<typeof approvalBody>) {
  const person = identify(services.operators(), by, token);
  if (person instanceof Problem) return person;
  if (person.name === '') return new Problem(422, 'nobody', 'Say who approves the bypass.');
  const nowMs = services.clock.nowMs();
  const one = await services.waf.bypasses.find(id);
  if (one === null) return noSuch(id);
  const fault = approvalFault(one, person.name, person.isProven, nowMs);
  if (fault !== null) return fault;
  const approved = await services.waf.bypasses.approve(id, person.name, nowMs);
  if (approved === null)
    return new Problem(409, 'not_waiting', `The bypass ${id} does not wait for approval any more.`);
  await services.notices.record(noticeOf('waf.bypass-approved', approved, person.name));
  return distribute(services, approved, 'approved');
}

async function end(services: ControlServices, id: string, by: string) {
  const one = await services.waf.bypasses.end(id, by, services.clock.nowMs());
  if (one === null)
    return (await services.waf.bypasses.find(id)) === null
      ? noSuch(id)
      : new Problem(409, 'ended', `The bypass ${id} has ended already.`);
  await services.notices.record(noticeOf('waf.bypass-ended', one, by));
  return distribute(services, one, 'ended');
}

async function list(services: ControlServices, all: boolean) {
  const nowMs = services.clock.nowMs();
  const uses = new Map((await services.waf.bypasses.listUses()).map((use) => [use.id, use]));
  const views = (await services.waf.bypasses.list()).map((one) => viewOfBypass(one, uses.get(one.id), nowMs));
  return { bypasses: views.filter(({ status }) => all || status === 'waiting' || status === 'active') };
}

const bypassId = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9A-Za-z]{1,64}$/, 'an id has letters and digits only')
    .describe('Id of the bypass.'),
});
const ender = z.strictObject({
  by: z.string().max(200).default('').describe('Who ends it, as whoever calls says.'),
});
const filter = z.strictObject({
  all: z.enum(['true', 'false']).default('false').describe('Whether those that are over are listed too.'),
});

/** Rows of the table of operations about bypasses of the WAF. */
export const BYPASS_OPERATIONS = {
  requestWafBypass: operation({
    ...common,
    method: 'POST',
    path: '/v1/waf/bypasses',
    summary: 'Asks for a bypass of the WAF. It does nothing until somebody else has approved it.',
    status: 201,
    body: bypassBody,
    response: requestedBypass,
    run: (services, { body }) => request(services, body),
  }),
  listWafBypasses: operation({
    ...common,
    method: 'GET',
    path: '/v1/waf/bypasses',
    summary: 'Lists the bypasses that wait or hold, the newest first, with what they let through.',
    query: filter,
    response: bypassList,
    run: (services, { query }) => list(services, query.all === 'true'),
  }),
  approveWafBypass: operation({
    ...common,
    method: 'POST',
    path: '/v1/waf/bypasses/{id}/approve',
    summary: 'Approves a bypass that somebody else asked for, and answers when every thread makes it.',
    params: bypassId,
    body: approvalBody,
    response: bypassAnswer,
    run: (services, { params, body }) => approve(services, params.id, body),
  }),
  endWafBypass: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/waf/bypasses/{id}',
    summary: 'Ends a bypass for good, and answers when no thread makes it any more.',
    params: bypassId,
    query: ender,
    response: bypassAnswer,
    run: (services, { params, query }) => end(services, params.id, query.by),
  }),
};
