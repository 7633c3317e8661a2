import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import { falsePositiveRate, figuresOf } from '../core/rule-trials.ts';
import { RULE_ORIGINS, type RuleFacts } from '../core/waf.ts';
import { type FalsePositive, RULE_STATES, type RuleRecord, ruleRecordId } from '../core/waf-records.ts';
import { instantOf } from './instants.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import type { ControlServices } from './services.ts';
import { findMatched } from './waf-matches.ts';

const HOUR_MS = 3_600_000;
/** A trial that lasts longer is a rule that nobody wants to block. */
const MAX_TRIAL_HOURS = 720;
const by = z.string().max(200).default('').describe('Who does it, as whoever calls says.');

const trialView = z.object({
  rule: z.int(),
  category: z.string(),
  message: z.string(),
  origin: z.enum(RULE_ORIGINS),
  set: z.string().describe('Entry of the configuration that brought it.'),
  state: z.enum(RULE_STATES),
  isLoaded: z.boolean().nullable().describe('Whether the plan in force has it; null where no gateway runs.'),
  firstSeenAt: z.string(),
  triedHours: z.number().describe('Hours that a gateway ran with it while it was on trial.'),
  trialHours: z.number(),
  matches: z.int().describe('Requests since it was first seen in which it matched.'),
  wouldBlocks: z.int().describe('Of these, those that would have been blocked.'),
  confirmed: z.int().describe('Of these, those that somebody confirmed to be harmless.'),
  falsePositiveRate: z.number().nullable().describe('Confirmed ones of those blocked; null where none was.'),
});
const trialList = z.object({ trials: z.array(trialView), budget: z.number() });

function loadedIds(services: ControlServices): ReadonlySet<string> | null {
  try {
    return new Set(services.wafRules().map(ruleRecordId));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return null;
  }
}

async function viewOf({ waf }: ControlServices, rule: RuleRecord, loaded: ReadonlySet<string> | null) {
  const fromMs = rule.firstSeenAtMs - (rule.firstSeenAtMs % HOUR_MS);
  const counts = await waf.activity.sumHours(fromMs, Number.MAX_SAFE_INTEGER);
  const known = await waf.activity.listConfirmed(fromMs, Number.MAX_SAFE_INTEGER);
  const figures = figuresOf(rule.id, counts, known);
  return {
    ...{ rule: rule.id, category: rule.category, message: rule.message, origin: rule.origin, set: rule.set },
    state: rule.state,
    isLoaded: loaded === null ? null : loaded.has(rule.recordId),
    firstSeenAt: instantOf(rule.firstSeenAtMs) ?? '',
    triedHours: rule.triedMs / HOUR_MS,
    trialHours: rule.trialMs / HOUR_MS,
    matches: figures.matches,
    wouldBlocks: figures.wouldBlocks,
    confirmed: figures.confirmed,
    falsePositiveRate: falsePositiveRate(figures),
  };
}

async function list(services: ControlServices) {
  const loaded = loadedIds(services);
  const rules = (await services.waf.rules.list()).filter(({ state }) => state !== 'active');
  const shown = rules.filter(({ recordId }) => loaded === null || loaded.has(recordId));
  const trials = await Promise.all(shown.map((rule) => viewOf(services, rule, loaded)));
  return { trials, budget: services.ruleGovernance().falsePositiveBudget };
}

const decisionBody = z.strictObject({
  rule: z.int().min(1).optional().describe('Id of the rule; all that are on trial or held when absent.'),
  action: z
    .enum(['accept', 'extend'])
    .describe('`accept`: it blocks from now on. `extend`: it is on trial for longer, or again.'),
  hours: z
    .number()
    .min(0.1)
    .max(MAX_TRIAL_HOURS)
    .default(48)
    .describe('Hours to add to the trial, which is 720 at most.'),
  by,
});

async function decide(services: ControlServices, body: z.output<typeof decisionBody>) {
  const loaded = loadedIds(services);
  const open = (await services.waf.rules.list()).filter(
    ({ id, state, recordId }) =>
      state !== 'active' &&
      (loaded === null || loaded.has(recordId)) &&
      (body.rule === undefined || id === body.rule),
  );
  if (open.length === 0) {
    const what = body.rule === undefined ? 'No rule is' : `The rule ${body.rule} is not`;
    return new Problem(
      404,
      'not_on_trial',
      `${what} on trial: \`portcullis waf trials\` shows those that are.`,
    );
  }
  const changed: RuleRecord[] = [];
  for (const rule of open) {
    const trialMs = Math.min(
      MAX_TRIAL_HOURS * HOUR_MS,
      Math.max(rule.trialMs, rule.triedMs) + body.hours * HOUR_MS,
    );
    const to =
      body.action === 'accept'
        ? ({ state: 'active', trialMs: rule.trialMs } as const)
        : ({ state: 'trial', trialMs } as const);
    const atMs = services.clock.nowMs();
    const one = await services.waf.rules.decide(rule.recordId, rule.state, { ...to, by: body.by, atMs });
    if (one !== null) changed.push(one);
  }
  await services.notices.record({
    kind: 'waf.rule-accepted',
    dedupeKey: `${services.clock.nowMs()} ${body.action} ${body.rule ?? 'all'}`,
    payload: { action: body.action, by: body.by, ruleIds: changed.slice(0, 20).map(({ id }) => String(id)) },
  });
  await services.distributeTrials(changed.map(({ recordId }) => recordId));
  return { trials: await Promise.all(changed.map((rule) => viewOf(services, rule, loaded))) };
}

const confirmBody = z.strictObject({
  rule: z.int().min(1).optional().describe('Only the match of this rule; all that matched when absent.'),
  by,
});
const confirmed = z.object({
  requestId: z.string(),
  confirmed: z.array(z.object({ rule: z.int(), category: z.string(), variable: z.string() })),
  known: z.int().describe('How many of the matches were confirmed before.'),
  wasBlocked: z.boolean(),
});

async function confirm(services: ControlServices, id: string, body: z.output<typeof confirmBody>) {
  const request = await findMatched(services, id);
  if (request instanceof Problem) return request;
  const own = new Map(
    request.found
      .filter(({ rule }) => body.rule === undefined || rule === body.rule)
      .map((match) => [match.rule, match]),
  );
  if (own.size === 0)
    return new Problem(
      409,
      'no_match',
      `The rule ${body.rule} did not match the request ${id}: ${[...new Set(request.found.map(({ rule }) => rule))].join(', ')} did.`,
    );
  const found = [...own.values()].map(
    ({ rule, category, variable }): FalsePositive => ({
      ...{ requestId: id, ruleId: rule, category, variable, atMs: request.atMs, path: request.path },
      wasBlocked: request.wasBlocked,
      confirmedAtMs: services.clock.nowMs(),
      confirmedBy: body.by,
    }),
  );
  const fresh = await services.waf.activity.confirm(found);
  return {
    requestId: id,
    confirmed: fresh.map(({ ruleId, category, variable }) => ({ rule: ruleId, category, variable })),
    known: found.length - fresh.length,
    wasBlocked: request.wasBlocked,
  };
}

const requestId = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'a request id is printable ASCII')
    .describe('Id of the request.'),
});

/** Whether a rule finds something itself, so that a mode of it means something. */
export const detects = ({ role }: RuleFacts): boolean => role === 'detect';

/** Rows of the table of operations about trials of rules, and about matches that were none. */
export const TRIAL_OPERATIONS = {
  listRuleTrials: operation({
    ...common,
    method: 'GET',
    path: '/v1/waf/trials',
    summary: 'Lists the rules that only log because they are new or were changed, with what they found.',
    response: trialList,
    run: list,
  }),
  decideRuleTrial: operation({
    ...common,
    method: 'POST',
    path: '/v1/waf/trials',
    summary: 'Lets rules block before their trial is over, or makes the trial longer.',
    body: decisionBody,
    response: trialList.pick({ trials: true }),
    run: (services, { body }) => decide(services, body),
  }),
  confirmFalsePositive: operation({
    ...common,
    method: 'POST',
    path: '/v1/waf/false-positives/{id}',
    summary: 'Notes that what rules matched in a request was harmless.',
    params: requestId,
    body: confirmBody,
    response: confirmed,
    run: (services, { params, body }) => confirm(services, params.id, body),
  }),
};
