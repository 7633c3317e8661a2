import { z } from 'zod';
import { REASONS } from '../core/reasons.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { attackView, attackViewOf } from './attack-view.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;

export const statusView = z.object({
  version: z.string(),
  startedAt: z.string().describe('RFC 3339.'),
  uptimeS: z.number().describe('Seconds.'),
  threads: z.array(
    z.object({
      id: z.int(),
      state: z.enum(['starting', 'running', 'draining', 'dead']),
      restarts: z.int().describe('How often the supervisor had to start it again.'),
    }),
  ),
  nodes: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        version: z.string(),
        isSelf: z.boolean().describe('Whether it is the gateway that answers.'),
        isSilent: z.boolean().describe('Whether it has not been heard of for some seconds.'),
        lastBeatS: z.number().describe('Seconds since it was last heard of.'),
        applied: z
          .int()
          .describe('Number of the latest change of records that all its threads have applied.'),
      }),
    )
    .describe('Gateways that share the database; empty where it is this one alone.'),
  plan: z
    .object({
      version: z.int(),
      loadedAt: z.string().describe('RFC 3339.'),
      apis: z.array(z.string()),
      tiers: z.array(z.string()),
    })
    .nullable()
    .describe('The configuration in force; null while there is none.'),
  configPath: z.string(),
  certificates: z
    .array(
      z.object({
        kind: z.enum(['server-certificate', 'client-authority', 'revocation-list']),
        name: z.string().describe('Host names, or the subject of the authority.'),
        until: z.string().describe('When it ends, RFC 3339.'),
        daysLeft: z.int().describe('Whole days until then; negative when it has ended.'),
      }),
    )
    .describe('What of the configuration ends by itself, the first to end first.'),
  attack: attackView.nullable().describe('Attack mode; null without a gateway.'),
  lists: z
    .array(
      z.object({
        kind: z.enum(['reputation', 'countries']),
        file: z.string(),
        entries: z.int().describe('Addresses and networks, or countries, in it.'),
        changedAt: z.string().describe('When the file changed last, RFC 3339.'),
        ageH: z.int().describe('Whole hours since then.'),
        isStale: z.boolean().describe('Whether that is longer than `maxAgeH` of its block.'),
      }),
    )
    .describe('Lists of addresses and countries that are refused.'),
  problems: z.array(z.string()).describe('What does not work now, as sentences.'),
});

export const reloadView = z.object({
  planVersion: z.int().describe('Version of the configuration now in force.'),
});

export const reasonList = z.object({
  reasons: z.array(
    z.object({
      code: z.string(),
      status: z.int(),
      error: z.string(),
      title: z.string(),
      remedy: z.string(),
    }),
  ),
});

export const health = z.object({ ok: z.literal(true) });

/** Tells how the gateway is doing. */
export async function showStatus(services: ControlServices) {
  const { startedAtMs, threads, nodes, plan, configPath, certificates, attack, lists, problems } =
    services.status();
  const nowMs = services.clock.nowMs();
  return {
    version: services.version,
    startedAt: new Date(startedAtMs).toISOString(),
    uptimeS: Math.max(0, services.clock.nowMs() - startedAtMs) / 1000,
    threads: [...threads],
    nodes: nodes.map(({ beatAgeMs, ...node }) => ({ ...node, lastBeatS: beatAgeMs / 1000 })),
    plan: plan && {
      version: plan.version,
      loadedAt: new Date(plan.loadedAtMs).toISOString(),
      apis: [...plan.apis],
      tiers: [...plan.tiers],
    },
    configPath,
    certificates: certificates.map(({ kind, name, untilMs }) => ({
      kind,
      name,
      until: new Date(untilMs).toISOString(),
      daysLeft: Math.floor((untilMs - nowMs) / DAY_MS),
    })),
    attack: attack && attackViewOf(attack),
    lists: lists.map(({ kind, file, entries, changedAtMs, isStale }) => ({
      kind,
      file,
      entries,
      changedAt: new Date(changedAtMs).toISOString(),
      ageH: Math.max(0, Math.floor((nowMs - changedAtMs) / HOUR_MS)),
      isStale,
    })),
    problems: [...problems],
  };
}

/** Reads the configuration again; when anything is wrong with it, nothing changes and every mistake is told. */
export async function reload(services: ControlServices) {
  const report = await services.reload();
  if (report.problems.length === 0) return { planVersion: report.planVersion };
  const count = report.problems.length === 1 ? 'one mistake' : `${report.problems.length} mistakes`;
  return new Problem(
    422,
    'config_invalid',
    `The configuration has ${count}: version ${report.planVersion} stays in force.`,
    { problems: report.problems, planVersion: report.planVersion },
  );
}

/** Lists everything the gateway can say about a request. */
export async function listReasons() {
  return { reasons: Object.entries(REASONS).map(([code, reason]) => ({ code, ...reason })) };
}

/** Answers a health check: a sentence makes it fail. */
export function healthOf(sentence: string): { ok: true } | Problem {
  return sentence === '' ? { ok: true } : new Problem(503, 'not_ready', sentence);
}
