import { z } from 'zod';
import { journalFacts, parseJournalRecord } from '../core/journal-record.ts';
import { REASONS, type ReasonCode } from '../core/reasons.ts';
import { explain } from './explain.ts';
import { findInJournal } from './journal-search.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
const word = z.string().max(200).default('');

export const requestFilter = z.strictObject({
  effect: z.enum(['', 'continue', 'deny', 'answer']).default('').describe('Only requests that ended so.'),
  reason: word.describe('Only requests with this reason code.'),
  api: word.describe('Only requests to this API.'),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('How many at most.'),
});

export const requestList = z.object({
  requests: z.array(
    z.object({
      id: z.string(),
      at: z.string().describe('RFC 3339.'),
      method: z.string(),
      path: z.string(),
      clientIp: z.string(),
      user: z.string(),
      api: z.string(),
      route: z.string(),
      status: z.int().describe('0 when no answer was sent.'),
      effect: z.string(),
      reason: z.string(),
      title: z.string(),
      stage: z.string(),
      durationMs: z.number(),
    }),
  ),
});

const explainedCheck = z.object({
  stage: z.string(),
  phase: z.string(),
  mode: z.string(),
  verdict: z
    .string()
    .describe('`continue`, the effect that ended the request, or `would-…` in observe mode.'),
  reason: z.string(),
  title: z.string(),
  costUs: z.number().describe('Microseconds.'),
});

export const explainedRequest = z.object({
  id: z.string(),
  source: z.enum(['database', 'journal']),
  explanation: z.object({
    headline: z.string(),
    effect: z.string(),
    reason: z.string(),
    title: z.string(),
    stage: z.string(),
    detail: z.string(),
    status: z.int(),
    remedy: z.string().describe('What would have let the request pass; empty when it did.'),
    checks: z.array(explainedCheck),
    wouldRefuse: z
      .array(
        z.object({
          stage: z.string(),
          reason: z.string(),
          title: z.string(),
          status: z.int(),
          remedy: z.string(),
        }),
      )
      .describe('What would have been refused had every stage been enforced.'),
    checksUs: z.number().describe('Microseconds of all checks.'),
    totalMs: z.number().describe('Milliseconds from the first byte to the end of the answer.'),
  }),
  record: z.record(z.string(), z.unknown()).describe('The journal record.'),
});

type RequestView = z.input<typeof requestList>['requests'][number];

function viewOf(id: string, atMs: number, text: string): RequestView {
  const facts = journalFacts(parseJournalRecord(text) ?? {});
  const { method, path, clientIp, user, status, effect, reason, stage } = facts;
  const title = Object.hasOwn(REASONS, reason) ? REASONS[reason as ReasonCode].title : '';
  const at = new Date(atMs).toISOString();
  const durationMs = facts.durationNs / 1e6;
  return {
    id,
    at,
    method,
    path,
    clientIp,
    user,
    api: facts.apiId,
    route: facts.routeId,
    status,
    effect,
    reason,
    title,
    stage,
    durationMs,
  };
}

/** Lists recent decisions, the newest first. */
export async function listRequests(services: ControlServices, filter: z.output<typeof requestFilter>) {
  const entries = await services.decisions.listDecisions(filter);
  return { requests: entries.map((entry) => viewOf(entry.id, entry.atMs, entry.record)) };
}

type Found = { source: 'database' | 'journal'; text: string } | Problem;

async function findText(services: ControlServices, id: string): Promise<Found> {
  const entry = await services.decisions.findDecision(id);
  if (entry !== null) return { source: 'database', text: entry.record };
  const path = services.journalPath();
  const finding = path === '' ? null : await findInJournal(path, id);
  if (finding?.line) return { source: 'journal', text: finding.line };
  const where = path === '' ? 'the database' : `the database and the journal ${path}`;
  const bound = finding?.isPartial
    ? ' The journal is longer than what is searched: look for the id in older files.'
    : '';
  const others = services
    .status()
    .nodes.filter(({ isSelf }) => !isSelf)
    .map(({ name }) => name);
  const elsewhere =
    others.length === 0
      ? ''
      : ` It may be in the journal of another gateway: ${[...new Set(others)].join(', ')}.`;
  return new Problem(
    404,
    'not_found',
    `There is no record of the request ${id} in ${where}.${bound}${elsewhere}`,
  );
}

/** Explains one request: from the database, or from the journal when the database does not have it any more. */
export async function explainRequest(services: ControlServices, id: string) {
  const found = await findText(services, id);
  if (found instanceof Problem) return found;
  const record = parseJournalRecord(found.text);
  if (record === null) {
    return new Problem(
      500,
      'damaged_record',
      `The record of the request ${id} cannot be read: it is damaged.`,
    );
  }
  return { id, source: found.source, record: { ...record }, explanation: explain(record) };
}
