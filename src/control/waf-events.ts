import { z } from 'zod';
import { journalFacts } from '../core/journal-record.ts';
import { WAF_PRECEDENCE } from '../core/waf.ts';
import { type JournalWaf, journalWaf } from '../core/waf-journal.ts';
import { parseIp } from '../lib/ip/address.ts';
import { type Cidr, cidrProblem, parseCidr } from '../lib/ip/cidr.ts';
import { CidrTrie } from '../lib/ip/cidr-trie.ts';
import { scanJournal } from './journal-scan.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import { explainRequest } from './request-operations.ts';
import type { ControlServices } from './services.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** Of the journal, from its end. */
const MAX_SCAN_BYTES = 256 * 1_048_576;
/** Stands in every record of a request that the rules had something to say about, and in hardly another one. */
const NEEDLE = '"waf":{"view":"';

const eventFilter = z.strictObject({
  rule: z.coerce.number().int().min(0).default(0).describe('Only requests that this rule matched; 0: any.'),
  category: z.string().max(64).default('').describe('Only requests that a rule of this category matched.'),
  client: z
    .string()
    .max(64)
    .default('')
    .refine((text) => text === '' || cidrProblem(text) === null, 'not an address or a network')
    .describe('Only requests from this address or network.'),
  path: z.string().max(1_000).default('').describe('Only requests to this path, and to those below it.'),
  since: z
    .union([z.literal(''), z.iso.datetime({ offset: true })])
    .default('')
    .describe('Only requests from this instant on, RFC 3339.'),
  blocked: z
    .enum(['', 'yes', 'no', 'would'])
    .default('')
    .describe(
      '`yes`: blocked by a rule; `would`: it would have been without observe, a bypass, a trial or `log`.',
    ),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('How many at most.'),
});
type EventFilter = z.output<typeof eventFilter>;

const BLOCKS = ['yes', 'no', 'would'] as const;

const wafEvent = z.object({
  id: z.string(),
  at: z.string().describe('RFC 3339.'),
  clientIp: z.string(),
  method: z.string(),
  path: z.string(),
  route: z.string(),
  status: z.int(),
  reason: z.string(),
  blocked: z.enum(BLOCKS),
  view: z.string().describe('`checked`, `refused-before` by another stage, or `allowed`: no rule looked.'),
  rules: z.array(z.int()).describe('Ids of the rules that matched.'),
  categories: z.array(z.string()),
  inboundScore: z.int(),
  outboundScore: z.int(),
  incomplete: z.string().describe('What of it the rules could not look at; empty when nothing.'),
});
type WafEvent = z.input<typeof wafEvent>;

const wafEvents = z.object({
  events: z.array(wafEvent).describe('The newest first.'),
  isPartial: z.boolean().describe('Whether the journal is longer than what was searched.'),
});

const wafMatch = z.object({
  rule: z.int(),
  phase: z.int(),
  variable: z.string().describe('Such as `ARGS:id`.'),
  category: z.string(),
  place: z.string().describe('File and line of the rule.'),
  message: z.string(),
  severity: z.int().describe('0 to 7; -1 where the rule does not say.'),
  value: z.string().describe('What was looked at, masked; empty where it may not be shown.'),
  at: z.int().describe('Where in `value` what matched begins.'),
  length: z.int().describe('How much of `value` matched.'),
  isLogOnly: z.boolean(),
  scores: z.record(z.string(), z.number()).describe('Scores behind the match.'),
});

const explainedWaf = z.object({
  id: z.string(),
  at: z.string(),
  headline: z.string(),
  blocked: z.enum(BLOCKS),
  view: z.string(),
  inboundScore: z.int(),
  outboundScore: z.int(),
  endedBy: z.int().describe('The rule that ended the request, or would have; 0 for none.'),
  endedKind: z.string(),
  endedPhase: z.int(),
  wouldBlock: z.boolean(),
  bypasses: z.array(z.string()).describe('Ids of the bypasses that took a match out.'),
  incomplete: z.string(),
  moreMatches: z.int(),
  matches: z.array(wafMatch),
  precedence: z.array(z.object({ name: z.string(), where: z.string(), effect: z.string() })),
});

type Json = Readonly<Record<string, unknown>>;

/** Whether the rules blocked a request, or would have. */
function blockedOf(reason: string, waf: JournalWaf): (typeof BLOCKS)[number] {
  if (reason.startsWith('waf.')) return 'yes';
  return waf.endedBy !== 0 || waf.wouldBlock ? 'would' : 'no';
}

function eventOf(record: Json, waf: JournalWaf): WafEvent {
  const facts = journalFacts(record);
  return {
    id: facts.id,
    at: facts.at,
    clientIp: facts.clientIp,
    method: facts.method,
    path: facts.path,
    route: facts.routeId,
    status: facts.status,
    reason: facts.reason,
    blocked: blockedOf(facts.reason, waf),
    view: waf.view,
    rules: [...new Set(waf.matches.map(({ rule }) => rule))],
    categories: [...new Set(waf.matches.map(({ category }) => category))],
    inboundScore: waf.inboundScore,
    outboundScore: waf.outboundScore,
    incomplete: waf.incomplete,
  };
}

/** Decides which events are asked for. */
class EventMatcher {
  readonly #filter: EventFilter;
  readonly #sinceMs: number;
  readonly #clients: CidrTrie<true> | null;

  constructor(filter: EventFilter) {
    this.#filter = filter;
    this.#sinceMs = filter.since === '' ? 0 : Date.parse(filter.since);
    this.#clients = filter.client === '' ? null : new CidrTrie<true>();
    this.#clients?.insert(parseCidr(filter.client) as Cidr, true);
  }

  /** Whether everything older than this is, too. */
  isTooOld({ at }: WafEvent): boolean {
    // A record is written when its request is over: a long one may stand behind others that began after it.
    return Date.parse(at) < this.#sinceMs - 60_000;
  }

  takes(event: WafEvent): boolean {
    const { rule, category, path, blocked } = this.#filter;
    if (Date.parse(event.at) < this.#sinceMs) return false;
    if (rule !== 0 && !event.rules.includes(rule)) return false;
    if (category !== '' && !event.categories.includes(category)) return false;
    if (blocked !== '' && event.blocked !== blocked) return false;
    if (path !== '' && event.path !== path && !event.path.startsWith(path.endsWith('/') ? path : `${path}/`))
      return false;
    return this.#clients === null || this.#isClient(event.clientIp);
  }

  #isClient(text: string): boolean {
    const ip = parseIp(text);
    return ip !== null && this.#clients?.find(ip) === true;
  }
}

async function listWafEvents(services: ControlServices, filter: EventFilter) {
  const path = services.journalPath();
  if (path === '')
    return new Problem(
      409,
      'no_journal',
      'Events of the WAF are read from the journal, and `journal` names no file.',
    );
  const matcher = new EventMatcher(filter);
  const events: WafEvent[] = [];
  const { isPartial } = await scanJournal(path, NEEDLE, MAX_SCAN_BYTES, (record) => {
    const waf = journalWaf(record);
    if (waf === null) return 'more';
    const event = eventOf(record, waf);
    if (matcher.isTooOld(event)) return 'enough';
    if (matcher.takes(event)) events.push(event);
    return events.length >= filter.limit ? 'enough' : 'more';
  });
  return { events, isPartial };
}

const NOTHING: JournalWaf = {
  view: 'checked',
  inboundScore: 0,
  outboundScore: 0,
  endedBy: 0,
  endedKind: '',
  endedPhase: 0,
  bypasses: [],
  wouldBlock: false,
  incomplete: '',
  moreMatches: 0,
  matches: [],
};

async function explainWaf(services: ControlServices, id: string) {
  const found = await explainRequest(services, id);
  if (found instanceof Problem) return found;
  const facts = journalFacts(found.record);
  const waf = journalWaf(found.record) ?? NOTHING;
  return {
    ...waf,
    id,
    at: facts.at,
    headline: found.explanation.headline,
    blocked: blockedOf(facts.reason, waf),
    bypasses: [...waf.bypasses],
    matches: waf.matches.map((match) => ({ ...match, scores: { ...match.scores } })),
    precedence: WAF_PRECEDENCE.map((row) => ({ ...row })),
  };
}

const requestId = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'a request id is printable ASCII')
    .describe('Id of the request.'),
});

/** What rules found out about requests. */
export const WAF_EVENT_OPERATIONS = {
  listWafEvents: operation({
    ...common,
    method: 'GET',
    path: '/v1/waf/events',
    summary:
      'Lists requests that rules of the WAF had something to say about, the newest first, from the journal.',
    query: eventFilter,
    response: wafEvents,
    run: (services, { query }) => listWafEvents(services, query),
  }),
  explainWaf: operation({
    ...common,
    method: 'GET',
    path: '/v1/waf/requests/{id}',
    summary: 'Tells which rules matched a request, where and what, and how the score grew.',
    params: requestId,
    response: explainedWaf,
    run: (services, { params }) => explainWaf(services, params.id),
  }),
} as const;
