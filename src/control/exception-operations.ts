import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { ExceptionChange, ExceptionSubject, LimitException } from '../core/limit-exceptions.ts';
import type { Notice, NoticeKind } from '../core/notices.ts';
import { formatIp, widthOf } from '../lib/ip/address.ts';
import { cidrProblem, parseCidr } from '../lib/ip/cidr.ts';
import { closest } from '../lib/text/suggest.ts';
import { DAY_MS } from '../lib/time/day.ts';
import {
  addedException,
  changeText,
  type ExceptionBody,
  exceptionAnswer,
  exceptionBody,
  exceptionList,
  type SubjectKey,
  subjectOf,
  viewOfException,
} from './exception-schemas.ts';
import { isActive } from './key-view.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import type { ControlServices } from './services.ts';

const MAX_DAYS = 400;
/** What every thread holds a copy of has a bound. */
const MAX_EXCEPTIONS = 10_000;
/** Exceptions that are over can be looked up for so long. */
const KEPT_MS = 30 * DAY_MS;
/** Networks with fewer bits than these hold so many addresses that an exception for them is a change of the configuration. */
const WIDE_BITS = { 4: 8, 6: 32 } as const;

const invalid = (message: string) => new Problem(422, 'invalid_exception', message);

const SUBJECTS: Readonly<Record<SubjectKey, ExceptionSubject>> = {
  key: 'key',
  keyOwner: 'key-owner',
  user: 'user',
  client: 'client',
  tenant: 'tenant',
  address: 'address',
};

/** A network in one way of writing; null for the text of anything else. */
function networkText(text: string): string | null {
  const cidr = parseCidr(text);
  if (cidr === null) return null;
  return cidr.bits === widthOf(cidr.ip.family) ? formatIp(cidr.ip) : `${formatIp(cidr.ip)}/${cidr.bits}`;
}

function changeOf({ tier, factor, limits }: ExceptionBody): ExceptionChange {
  if (tier !== undefined) return { kind: 'tier', tier };
  if (factor !== undefined) return { kind: 'factor', factor };
  const { perMinute = 0, perHour = 0, perDay = 0, concurrent = 0 } = limits ?? {};
  return { kind: 'numbers', numbers: { perMinute, perHour, perDay, concurrent } };
}

function exceptionOf(body: ExceptionBody, nowMs: number): LimitException {
  // The schema lets one through, and no more.
  const [key, name] = subjectOf(body.for)[0] as [SubjectKey, string];
  const subject = SUBJECTS[key];
  const slash = body.endpoint?.indexOf('/') ?? -1;
  return {
    id: `ex${randomBytes(8).toString('hex')}`,
    subject,
    issuer: body.for.issuer ?? '',
    value: subject === 'address' ? (networkText(name) ?? name) : name,
    change: changeOf(body),
    api: slash < 0 ? (body.api ?? '') : (body.endpoint ?? '').slice(0, slash),
    endpoint: slash < 0 ? '' : (body.endpoint ?? '').slice(slash + 1),
    limit: body.limit ?? '',
    owner: body.owner,
    reason: body.reason,
    approvedBy: body.approvedBy ?? '',
    createdBy: body.createdBy ?? '',
    createdAtMs: nowMs,
    expiresAtMs: Date.parse(body.expiresAt),
  };
}

/** What the plan in force does not know; '' when it knows everything, or there is none. */
function unknownName(services: ControlServices, { tier, api, endpoint }: ExceptionBody): string {
  const { plan } = services.status();
  if (plan === null) return '';
  const missing = (what: string, name: string | undefined, known: readonly string[]): string => {
    if (name === undefined || known.includes(name)) return '';
    const near = closest(name, known);
    return `there is no ${what} \`${name}\`${near === null ? '' : `: did you mean \`${near}\`?`}`;
  };
  return (
    missing('tier', tier, plan.tiers) ||
    missing('API', api, plan.apis) ||
    missing(
      'endpoint',
      endpoint,
      plan.endpoints.filter((id) => id.includes('/')),
    )
  );
}

/** Why an exception cannot be made; null when it can. */
async function faultOf(
  services: ControlServices,
  body: ExceptionBody,
  nowMs: number,
): Promise<Problem | null> {
  const expiresAtMs = Date.parse(body.expiresAt);
  if (expiresAtMs <= nowMs) return invalid('`expiresAt` is over already.');
  if (expiresAtMs > nowMs + MAX_DAYS * DAY_MS)
    return invalid(
      `\`expiresAt\` is more than ${MAX_DAYS} days away: what lasts longer belongs into the configuration.`,
    );
  const { address, key } = body.for;
  const network = address === undefined ? null : cidrProblem(address);
  if (network !== null) return invalid(network);
  const unknown = unknownName(services, body);
  if (unknown !== '') return invalid(`${unknown[0]?.toUpperCase()}${unknown.slice(1)}.`);
  if (key !== undefined) {
    const record = await services.keys.find(key);
    if (record === null)
      return invalid(`There is no key with the id ${key}: \`portcullis key list\` shows all of them.`);
    if (!isActive(record, nowMs)) return invalid(`The key ${key} is not accepted any more.`);
  }
  if ((await services.limitExceptions.list()).length >= MAX_EXCEPTIONS)
    return new Problem(409, 'too_many', `There are ${MAX_EXCEPTIONS} exceptions already: remove some.`);
  return null;
}

function notesFor({ subject, value }: LimitException): string[] {
  if (subject === 'key')
    return ['A successor of the key does not inherit the exception: use `keyOwner` for that.'];
  const cidr = subject === 'address' ? parseCidr(value) : null;
  if (cidr === null || cidr.bits >= WIDE_BITS[cidr.ip.family]) return [];
  const whose = cidr.bits === 0 ? 'every address there is' : `all of ${value}`;
  return [`Weak: this exception is for ${whose}. Change the configuration if that is meant.`];
}

const noticeOf = (kind: NoticeKind, one: LimitException, by: string): Notice => ({
  kind,
  dedupeKey: one.id,
  payload: payloadOf(one, by),
});

/** What notices say of an exception. */
export function payloadOf(one: LimitException, by: string): Notice['payload'] {
  const { id, subject, issuer, value, change, api, endpoint, limit, owner, reason, approvedBy } = one;
  const where = { api, endpoint, limit };
  const people = { owner, approvedBy, by };
  const expiresAt = new Date(one.expiresAtMs).toISOString();
  return {
    exceptionId: id,
    subject,
    issuer,
    value,
    change: changeText(change),
    ...where,
    ...people,
    reason,
    expiresAt,
  };
}

/** Gives a change to every thread of every gateway, and says how that went. */
async function distribute(services: ControlServices, one: LimitException, what: string) {
  const untold = (why: string) =>
    new Problem(
      503,
      'not_distributed',
      `The exception ${one.id} is ${what}, but not every gateway knows: ${why}`,
    );
  try {
    const { nodes, ...own } = await services.distributeExceptions([one.id]);
    const without = nodes.filter(({ state }) => state !== 'applied').map(({ name }) => name);
    if (without.length > 0) return untold(`no word of ${without.join(', ')}.`);
    const exception = viewOfException(one, services.clock.nowMs());
    return { exception, ...own, nodes: nodes.map((node) => ({ ...node })) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return untold(error.message);
  }
}

async function add(services: ControlServices, body: ExceptionBody) {
  const nowMs = services.clock.nowMs();
  const fault = await faultOf(services, body, nowMs);
  if (fault !== null) return fault;
  const one = exceptionOf(body, nowMs);
  await services.limitExceptions.add(one, nowMs - KEPT_MS);
  await services.notices.record(noticeOf('limit-exception.added', one, one.createdBy));
  const told = await distribute(services, one, 'in the database');
  return told instanceof Problem ? told : { ...told, notes: notesFor(one) };
}

const noSuch = (id: string) =>
  new Problem(
    404,
    'not_found',
    `There is no exception ${id}: \`portcullis limits exception list\` shows all of them.`,
  );

async function remove(services: ControlServices, id: string, by: string) {
  const one = await services.limitExceptions.remove(id);
  if (one === null) return noSuch(id);
  await services.notices.record(noticeOf('limit-exception.removed', one, by));
  return distribute(services, one, 'not in the database any more');
}

async function show(services: ControlServices, id: string) {
  const one = await services.limitExceptions.find(id);
  return one === null ? noSuch(id) : { exception: viewOfException(one, services.clock.nowMs()) };
}

async function list(services: ControlServices, all: boolean) {
  const nowMs = services.clock.nowMs();
  const found = await services.limitExceptions.list();
  const shown = found.filter(({ expiresAtMs }) => all || nowMs < expiresAtMs);
  return { exceptions: shown.map((one) => viewOfException(one, nowMs)) };
}

const exceptionId = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9A-Za-z]{1,64}$/, 'an id has letters and digits only')
    .describe('Id of the exception.'),
});
const remover = z.strictObject({
  by: z.string().max(200).default('').describe('Who removes it, as whoever calls says.'),
});
const filter = z.strictObject({
  all: z.enum(['true', 'false']).default('false').describe('Whether those that are over are listed too.'),
});

/** Rows of the table of operations about exceptions from limits. */
export const EXCEPTION_OPERATIONS = {
  addLimitException: operation({
    ...common,
    method: 'POST',
    path: '/v1/limit-exceptions',
    summary: 'Raises or lowers limits for somebody and for a time, and answers when every thread does it.',
    status: 201,
    body: exceptionBody,
    response: addedException,
    run: (services, { body }) => add(services, body),
  }),
  listLimitExceptions: operation({
    ...common,
    method: 'GET',
    path: '/v1/limit-exceptions',
    summary: 'Lists the exceptions from limits that are in force, the newest first.',
    query: filter,
    response: exceptionList,
    run: (services, { query }) => list(services, query.all === 'true'),
  }),
  getLimitException: operation({
    ...common,
    method: 'GET',
    path: '/v1/limit-exceptions/{id}',
    summary: 'Shows an exception from limits.',
    params: exceptionId,
    response: exceptionAnswer.pick({ exception: true }),
    run: (services, { params }) => show(services, params.id),
  }),
  removeLimitException: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/limit-exceptions/{id}',
    summary: 'Removes an exception from limits, and answers when no thread makes it any more.',
    params: exceptionId,
    query: remover,
    response: exceptionAnswer,
    run: (services, { params, query }) => remove(services, params.id, query.by),
  }),
};
