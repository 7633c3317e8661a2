import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import { falsePositiveRate, figuresOf, type RuleFigures } from '../core/rule-trials.ts';
import type { RuleFacts } from '../core/waf.ts';
import { type FalsePositive, type RuleCount, ruleRecordId } from '../core/waf-records.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { bypassView, viewOfBypass } from './bypass-schemas.ts';
import { instant } from './instants.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import type { ControlServices } from './services.ts';
import { detects } from './trial-operations.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_DAYS = 30;

const moment = z.iso.datetime({ offset: true });
const period = z.strictObject({
  since: moment
    .optional()
    .describe('Begin of the period, rounded down to the hour; 30 days before its end when absent.'),
  until: moment.optional().describe('End of the period, rounded up to the hour; now when absent.'),
});

const figures = {
  matches: z.int().describe('Requests in which rules matched.'),
  blocks: z.int().describe('Of these, those that were blocked.'),
  wouldBlocks: z
    .int()
    .describe(
      'Of these, those that would have been, were nothing on trial, in log, bypassed or only observed.',
    ),
  confirmed: z.int().describe('Of these, those that somebody confirmed to be harmless.'),
  falsePositiveRate: z
    .number()
    .nullable()
    .describe(
      'Confirmed ones of those that were blocked or would have been, 0 to 1; null where there is none.',
    ),
};

const reportView = z.object({
  from: instant,
  to: instant,
  total: z.object(figures),
  categories: z.array(
    z.object({
      category: z.string(),
      rules: z.int().describe('That are loaded and find something.'),
      ...figures,
    }),
  ),
  rules: z.array(z.object({ rule: z.int(), category: z.string(), message: z.string(), ...figures })),
  modes: z
    .object({
      block: z.int(),
      log: z.int().describe('On trial, or held because of false positives.'),
      logRules: z.array(z.int()).describe('Ids of those in log, 100 at most.'),
    })
    .nullable()
    .describe('Rules of the plan in force that find something; null where no gateway runs.'),
  bypasses: z.array(bypassView).describe('Those that were approved and held at some time of the period.'),
});

const floorHour = (ms: number): number => ms - (ms % HOUR_MS);
const ceilHour = (ms: number): number => Math.ceil(ms / HOUR_MS) * HOUR_MS;
const withRate = (one: RuleFigures) => ({ ...one, falsePositiveRate: falsePositiveRate(one) });

function loadedRules(services: ControlServices): readonly RuleFacts[] | null {
  try {
    return services.wafRules().filter(detects);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return null;
  }
}

/** Requests of a category, or of all: a request counts once, however many rules matched it. */
function figuresOfCategory(
  category: string,
  counts: readonly RuleCount[],
  confirmed: readonly FalsePositive[],
): RuleFigures {
  const own = counts.find((count) => count.ruleId === 0 && count.category === category);
  const requests = confirmed.filter((one) => category === '' || one.category === category);
  return {
    matches: own?.matches ?? 0,
    blocks: own?.blocks ?? 0,
    wouldBlocks: own?.wouldBlocks ?? 0,
    confirmed: new Set(requests.map(({ requestId }) => requestId)).size,
  };
}

async function modesOf({ waf }: ControlServices, rules: readonly RuleFacts[] | null) {
  if (rules === null) return null;
  const noted = new Set(
    (await waf.rules.list()).flatMap(({ state, recordId }) => (state === 'active' ? [] : [recordId])),
  );
  const log = rules.filter((rule) => noted.has(ruleRecordId(rule)));
  const logRules = log.slice(0, 100).map(({ id }) => id);
  return { block: rules.length - log.length, log: log.length, logRules };
}

async function bypassesOf({ waf, clock }: ControlServices, fromMs: number, toMs: number) {
  const uses = new Map((await waf.bypasses.listUses()).map((use) => [use.id, use]));
  return (await waf.bypasses.list())
    .filter(({ approvedAtMs, expiresAtMs, endedAtMs }) => {
      const endMs = endedAtMs === 0 ? expiresAtMs : Math.min(endedAtMs, expiresAtMs);
      return approvedAtMs !== 0 && approvedAtMs < toMs && endMs >= fromMs;
    })
    .map((one) => viewOfBypass(one, uses.get(one.id), clock.nowMs()));
}

async function report(services: ControlServices, { since, until }: z.output<typeof period>) {
  const toMs = ceilHour(until === undefined ? services.clock.nowMs() : Date.parse(until));
  const fromMs = floorHour(since === undefined ? toMs - DEFAULT_DAYS * DAY_MS : Date.parse(since));
  if (fromMs >= toMs) return new Problem(422, 'bad_period', 'The period must begin before it ends.');
  const { activity } = services.waf;
  const counts = await activity.sumHours(fromMs, toMs);
  const confirmed = await activity.listConfirmed(fromMs, toMs);
  const loaded = loadedRules(services);
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    total: withRate(figuresOfCategory('', counts, confirmed)),
    categories: categoriesOf(counts, confirmed, loaded ?? []),
    rules: rulesOf(counts, confirmed, loaded ?? []),
    modes: await modesOf(services, loaded),
    bypasses: await bypassesOf(services, fromMs, toMs),
  };
}

function categoriesOf(
  counts: readonly RuleCount[],
  confirmed: readonly FalsePositive[],
  loaded: readonly RuleFacts[],
) {
  const names = new Set([
    ...counts.map(({ category }) => category),
    ...confirmed.map(({ category }) => category),
    ...loaded.map(({ category }) => category),
  ]);
  names.delete('');
  return [...names]
    .map((category) => ({
      category,
      rules: loaded.filter((rule) => rule.category === category).length,
      ...withRate(figuresOfCategory(category, counts, confirmed)),
    }))
    .sort((a, b) => b.blocks - a.blocks || b.matches - a.matches || (a.category < b.category ? -1 : 1));
}

function rulesOf(
  counts: readonly RuleCount[],
  confirmed: readonly FalsePositive[],
  loaded: readonly RuleFacts[],
) {
  const ids = new Set([...counts.map(({ ruleId }) => ruleId), ...confirmed.map(({ ruleId }) => ruleId)]);
  ids.delete(0);
  return [...ids]
    .map((rule) => {
      const known = loaded.find(({ id }) => id === rule);
      const counted =
        counts.find(({ ruleId }) => ruleId === rule) ?? confirmed.find(({ ruleId }) => ruleId === rule);
      const category = known?.category ?? counted?.category ?? '';
      return {
        rule,
        category,
        message: known?.message ?? '',
        ...withRate(figuresOf(rule, counts, confirmed)),
      };
    })
    .sort((a, b) => b.blocks - a.blocks || b.matches - a.matches || a.rule - b.rule);
}

/** What rules did in a period, from what the gateway counted itself. */
export const WAF_REPORT_OPERATIONS = {
  reportWaf: operation({
    ...common,
    method: 'GET',
    path: '/v1/waf/report',
    summary:
      'Tells what rules found and blocked in a period, how much of it was confirmed to be wrong, their modes, and the bypasses.',
    query: period,
    response: reportView,
    run: (services, { query }) => report(services, query),
  }),
} as const;
