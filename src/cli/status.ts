import type { ResultOf } from '../control/operations.ts';
import { attackText } from './attack.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';

type Status = ResultOf<'getStatus'>;

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Writes seconds as people say them: `3 d 4 h`, `12 min 5 s`. */
export function spanText(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole >= 86_400) return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

function threadsText({ threads }: Status): string {
  const running = threads.filter(({ state }) => state === 'running').length;
  const restarts = threads.reduce((sum, thread) => sum + thread.restarts, 0);
  const again = restarts === 0 ? '' : `, restarted ${times(restarts)}`;
  return `${running} of ${threads.length} running${again}`;
}

/** A table of the gateways that share the database; nothing where there is only one. */
function nodeLines({ nodes }: Status): string[] {
  if (nodes.length === 0) return [];
  const rows = nodes.map(({ id, name, version, isSelf, isSilent, lastBeatS, applied }) => [
    isSelf ? `${printable(name)} (this one)` : printable(name),
    id.slice(0, 8),
    printable(version),
    isSilent ? `SILENT for ${spanText(lastBeatS)}` : `${lastBeatS.toFixed(1)} s ago`,
    String(applied),
  ]);
  return ['', ...table([['GATEWAY', 'ID', 'VERSION', 'LAST HEARD OF', 'APPLIED'], ...rows])];
}

const KINDS = {
  'server-certificate': 'certificate',
  'client-authority': 'authority of clients',
  'revocation-list': 'revocation list',
} as const;

/** A table of what ends by itself; nothing where nothing does. */
function certificateLines({ certificates }: Status): string[] {
  if (certificates.length === 0) return [];
  const rows = certificates.map(({ kind, name, until, daysLeft }) => [
    KINDS[kind],
    printable(name),
    until,
    daysLeft < 0 ? 'ENDED' : `${daysLeft} d`,
  ]);
  return ['', ...table([['ENDS BY ITSELF', 'NAME', 'ON', 'LEFT'], ...rows])];
}

/** A table of the lists of addresses and countries; nothing where there are none. */
function listLines({ lists }: Status): string[] {
  if (lists.length === 0) return [];
  const rows = lists.map(({ kind, file, entries, ageH, isStale }) => [
    kind,
    printable(file),
    String(entries),
    `${spanText(ageH * 3600)}${isStale ? ', OLD' : ''}`,
  ]);
  return ['', ...table([['LIST OF', 'FILE', 'ENTRIES', 'AGE'], ...rows])];
}

function statusText(status: Status, terminal: Terminal): string {
  const { plan, problems } = status;
  const rows = [
    ['Version', status.version],
    ['Up for', `${spanText(status.uptimeS)}, since ${status.startedAt}`],
    ['Threads', threadsText(status)],
    ['Configuration', status.configPath || '(in memory)'],
    ['In force', plan === null ? 'nothing' : `version ${plan.version}, since ${plan.loadedAt}`],
    ['APIs', plan?.apis.join(', ') ?? '-'],
    ['Tiers', plan?.tiers.join(', ') ?? '-'],
  ];
  const attack = status.attack?.isOn || status.attack?.wouldBeOn ? ['', attackText(status.attack)] : [];
  const trouble =
    problems.length === 0
      ? [terminal.paint('green', 'Everything works.')]
      : problems.map((sentence) => terminal.paint('red', sentence));
  return [
    ...table(rows),
    ...nodeLines(status),
    ...certificateLines(status),
    ...listLines(status),
    ...attack,
    '',
    ...trouble,
  ].join('\n');
}

/** `portcullis status`. */
export const status = defineCommand({
  name: 'status',
  summary: 'Tell how the running gateway is doing.',
  about: [],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis status', 'Version, threads, the configuration in force, and what does not work.']],
  exits: { 0: 'A gateway runs.', 1: 'None does, or it does not answer.' },
  run: async ({ values, terminal }) => {
    const result = await operateGateway(getTarget(values.config), 'getStatus');
    return { text: statusText(result, terminal), json: result };
  },
});
