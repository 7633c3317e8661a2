import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';
import { atMost } from './usage-text.ts';

const DAY_CHARACTERS = 'yyyy-mm-dd'.length;
const day = (instant: string | null): string => instant?.slice(0, DAY_CHARACTERS) ?? 'never';
const words = (list: readonly string[]): string => (list.length === 0 ? '-' : list.join(' '));

const RIGHTS_COLUMNS = ['OWNER', 'KIND', 'TIER', 'SCOPES', 'EXPIRES'];
const USAGE_COLUMNS = ['REQUESTS', 'ERRORS', 'MEAN', 'P50', 'P95', 'P99', 'LAST USED'];

type Row = ResultOf<'listKeys'>['keys'][number];

const rightsCells = ({ owner, kind, tier, scopes, expiresAt }: Row): string[] => [
  printable(owner) || '-',
  kind,
  tier || '-',
  words(scopes),
  day(expiresAt),
];

function usageCells({ usage }: Row): string[] {
  const { requests, errorRate, meanMs, p50Ms, p95Ms, p99Ms, lastUsedAt } = usage;
  return [
    String(requests),
    `${(100 * errorRate).toFixed(1)} %`,
    `${meanMs.toFixed(1)} ms`,
    ...[p50Ms, p95Ms, p99Ms].map((ms) => atMost(ms, requests)),
    lastUsedAt ?? 'never',
  ];
}

/** `portcullis key list`. */
export const keyList = defineCommand({
  name: 'key list',
  summary: 'List the API keys, the newest first.',
  about: ['Shows of each key its id and first characters only. Expired and revoked keys are listed, too.'],
  words: [],
  options: {
    usage: { kind: 'flag', summary: 'Show what each key was used for in place of its rights.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis key list', 'All keys.'],
    ['portcullis key list --usage', 'How much each is used, how often it fails, how long it takes.'],
    ['portcullis key list --json | jq ".keys[] | select(.status == \\"active\\")"', 'Those that work.'],
  ],
  exits: { 0: 'The keys are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'listKeys');
    if (result.keys.length === 0) {
      return { text: 'There are no keys. Make one with `portcullis key create --name NAME`.', json: result };
    }
    const rows = result.keys.map((key) => [
      key.id,
      `${key.prefix}…`,
      key.status,
      printable(key.name),
      ...(values.usage ? usageCells(key) : rightsCells(key)),
    ]);
    const columns = values.usage ? USAGE_COLUMNS : RIGHTS_COLUMNS;
    const [head = '', ...lines] = table([['ID', 'BEGINS', 'STATUS', 'NAME', ...columns], ...rows]);
    const shown = lines.map((line, at) =>
      result.keys[at]?.status === 'active' ? line : terminal.paint('dim', line),
    );
    return { text: [terminal.paint('bold', head), ...shown].join('\n'), json: result };
  },
});
