import { setTimeout as pause } from 'node:timers/promises';
import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget, type Target } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';

type Listed = ResultOf<'listWafEvents'>;
type Event = Listed['events'][number];
type Query = Readonly<Record<string, string | number>>;

const POLL_MS = 1_000;
const MINUTE_MS = 60_000;
const BLOCKED = { yes: 'BLOCKED', would: 'would block', no: 'noted' } as const;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `2h`, `7d` or an instant, as an instant. */
export function sinceOf(text: string | undefined, nowMs: number): string {
  if (text === undefined) return '';
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined)
    return new Date(nowMs - Number(amount) * (UNITS_MS[unit] as number)).toISOString();
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs))
    throw new UsageError(`\`${text}\` is no time; write 30m, 2h, 7d or 2026-01-31T12:00:00Z.`, 'waf events');
  return new Date(atMs).toISOString();
}

function rowOf(event: Event): string[] {
  const { at, id, blocked, view, clientIp, method, path, status, rules, inboundScore, outboundScore } = event;
  const score = outboundScore > 0 ? `${inboundScore}/${outboundScore}` : String(inboundScore);
  const what = view === 'refused-before' ? 'refused before' : BLOCKED[blocked];
  const shown = rules.length > 6 ? `${rules.slice(0, 6).join(' ')} …` : rules.join(' ');
  return [
    at,
    printable(id),
    what,
    clientIp,
    `${method} ${printable(path)}`,
    String(status),
    score,
    shown || '-',
  ];
}

/** Writes events for people, the newest first. */
export function eventsText({ events, isPartial }: Listed, terminal: Terminal): string {
  if (events.length === 0)
    return `No request matches.${isPartial ? ' The journal is longer than what was searched.' : ''}`;
  const header = ['AT', 'REQUEST', 'WHAT', 'CLIENT', 'REQUEST LINE', 'STATUS', 'SCORE', 'RULES'];
  const [head = '', ...lines] = table([header, ...events.map(rowOf)]);
  const more = isPartial ? ['The journal is longer than what was searched.'] : [];
  return [terminal.paint('bold', head), ...lines, ...more].join('\n');
}

/** Prints events as they come, until the process is told to stop. */
async function follow(
  target: Target,
  query: Query,
  seen: Set<string>,
  show: (event: Event) => void,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    await pause(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
    if (stop.signal.aborted) return;
    const since = new Date(Date.now() - 5 * MINUTE_MS).toISOString();
    const { result } = await operateAnywhere(target, 'listWafEvents', {
      query: { ...query, since, limit: 1000 },
    });
    for (const event of [...result.events].reverse()) {
      if (seen.has(event.id)) continue;
      seen.add(event.id);
      show(event);
    }
    if (seen.size > 100_000) seen.clear();
  }
}

/** `portcullis waf events`. */
export const wafEvents = defineCommand({
  name: 'waf events',
  summary: 'List the requests that rules of the WAF had something to say about.',
  about: ['The newest first, from the journal of this gateway. `waf explain` tells all about one of them.'],
  words: [],
  options: {
    rule: {
      kind: 'number',
      value: 'ID',
      least: 0,
      most: 999_999_999,
      default: 0,
      summary: 'Only matches of this rule.',
    },
    category: {
      kind: 'text',
      value: 'NAME',
      default: '',
      summary: 'Only matches of this category, such as `sqli`.',
    },
    client: {
      kind: 'text',
      value: 'ADDRESS',
      default: '',
      summary: 'Only requests from this address or network.',
    },
    path: {
      kind: 'text',
      value: 'PATH',
      default: '',
      summary: 'Only requests to this path and those below it.',
    },
    since: { kind: 'text', value: 'TIME', summary: 'Only requests since: 30m, 2h, 7d, or an instant.' },
    blocked: { kind: 'flag', summary: 'Only requests that were blocked.' },
    limit: { kind: 'number', value: 'N', least: 1, most: 1000, default: 50, summary: 'The most to list.' },
    follow: { kind: 'flag', summary: 'Go on and print what comes, until stopped.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis waf events --since 1h --blocked', 'What was blocked in the last hour.'],
    ['portcullis waf events --rule 942100 --path /search --follow', 'Watch one rule on one path.'],
  ],
  exits: { 0: 'The events are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal, json }) => {
    const { rule, category, client, path, limit } = values;
    const target = getTarget(values.config);
    const query = {
      rule,
      category,
      client,
      path,
      blocked: values.blocked ? ('yes' as const) : ('' as const),
    };
    const since = sinceOf(values.since, Date.now());
    const { result } = await operateAnywhere(target, 'listWafEvents', { query: { ...query, since, limit } });
    const listed = { text: eventsText(result, terminal), json: result };
    if (!values.follow) return listed;
    const seen = new Set(result.events.map(({ id }) => id));
    const show = (event: Event): void => terminal.out(json ? JSON.stringify(event) : rowOf(event).join('  '));
    return { ...listed, stopped: follow(target, query, seen, show) };
  },
});
