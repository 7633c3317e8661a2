import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';

interface Row {
  readonly at: string;
  readonly kind: string;
  readonly clientKind: string;
  readonly client: string;
  readonly until: string;
  readonly mode: string;
  readonly score: number;
  readonly drivers: readonly { readonly was: string; readonly usual: string }[];
}

const rowOf = ({ at, kind, clientKind, client, until, mode, score, drivers }: Row): string[] => [
  at,
  mode === 'observe' ? `${kind} (observed)` : kind,
  `${clientKind} ${printable(client)}`,
  kind === 'review' ? '-' : until,
  score.toFixed(2),
  printable(drivers.map(({ was, usual }) => `${was}, usually ${usual}`).join('; ')),
];

/** `portcullis limits adaptive`. */
export const limitsAdaptive = defineCommand({
  name: 'limits adaptive',
  summary: 'List clients whose limits are smaller because of unusual behaviour, and what was done before.',
  about: ['Asks the running gateway. `portcullis limits accept` gives a client its limits back.'],
  words: [],
  options: {
    hours: {
      kind: 'number',
      value: 'N',
      least: 1,
      most: 9_600,
      default: 24,
      summary: 'Hours of past actions.',
    },
    limit: { kind: 'number', value: 'N', least: 1, most: 1000, default: 100, summary: 'The most to list.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis limits adaptive --hours 168', 'Now, and the actions of a week.']],
  exits: { 0: 'They are listed.', 1: 'No gateway answers.' },
  run: async ({ values, terminal }) => {
    const query = { hours: values.hours, limit: values.limit };
    const result = await operateGateway(getTarget(values.config), 'showAdaptive', { query });
    const { mode, ready, clients, active, actions } = result;
    const state = `Mode ${mode}; ${clients} clients are remembered${ready ? '' : ', not enough is known yet to judge any'}.`;
    const now = `${active.length} ${active.length === 1 ? 'client is' : 'clients are'} unusual now.`;
    if (actions.length === 0) return { text: [state, now].join('\n'), json: result };
    const [head = '', ...lines] = table([
      ['AT', 'ACTION', 'CLIENT', 'UNTIL', 'SCORE', 'BECAUSE'],
      ...actions.map(rowOf),
    ]);
    return { text: [state, now, '', terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});
