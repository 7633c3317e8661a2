import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';

const DAY_CHARACTERS = 'yyyy-mm-dd'.length;
const day = (instant: string | null): string => instant?.slice(0, DAY_CHARACTERS) ?? 'never';
const words = (list: readonly string[]): string => (list.length === 0 ? '-' : list.join(' '));

/** `portcullis key list`. */
export const keyList = defineCommand({
  name: 'key list',
  summary: 'List the API keys, the newest first.',
  about: ['Shows of each key its id and first characters only. Expired and revoked keys are listed, too.'],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis key list', 'All keys.'],
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
      printable(key.owner) || '-',
      key.tier || '-',
      words(key.scopes),
      day(key.expiresAt),
    ]);
    const [head = '', ...lines] = table([
      ['ID', 'BEGINS', 'STATUS', 'NAME', 'OWNER', 'TIER', 'SCOPES', 'EXPIRES'],
      ...rows,
    ]);
    const shown = lines.map((line, at) =>
      result.keys[at]?.status === 'active' ? line : terminal.paint('dim', line),
    );
    return { text: [terminal.paint('bold', head), ...shown].join('\n'), json: result };
  },
});
