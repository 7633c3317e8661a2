import { CONFIG_OPTION, defineCommand } from './command.ts';
import { exceptionLines, toldText, whereText, whomText } from './exception-text.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';
import { whoami } from './whoami.ts';

const NONE = { 0: 'It is done.', 1: 'There is none, or it cannot be read: the sentence says why.' };

/** `portcullis limits exception list`. */
export const limitsExceptionList = defineCommand({
  name: 'limits exception list',
  summary: 'List the exceptions from limits, the newest first.',
  about: [],
  words: [],
  options: {
    all: { kind: 'flag', summary: 'Also those that ended in the last 30 days.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis limits exception list', 'Those that are in force.']],
  exits: { 0: 'The exceptions are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { all: values.all ? 'true' : 'false' } as const;
    const { result } = await operateAnywhere(getTarget(values.config), 'listLimitExceptions', { query });
    const { exceptions } = result;
    if (exceptions.length === 0) return { text: 'There are no exceptions from limits.', json: result };
    const rows = exceptions.map((one) => [
      one.id,
      whomText(one),
      printable(one.change),
      whereText(one),
      printable(one.owner),
      one.status === 'active' ? one.expiresAt : `${one.expiresAt} (over)`,
      printable(one.reason),
    ]);
    const [head = '', ...lines] = table([
      ['ID', 'FOR', 'LIMITS', 'WHERE', 'OWNER', 'ENDS', 'REASON'],
      ...rows,
    ]);
    const shown = lines.map((line, at) =>
      exceptions[at]?.status === 'active' ? line : terminal.paint('dim', line),
    );
    return { text: [terminal.paint('bold', head), ...shown].join('\n'), json: result };
  },
});

/** `portcullis limits exception show`. */
export const limitsExceptionShow = defineCommand({
  name: 'limits exception show',
  summary: 'Show an exception from limits.',
  about: [],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis limits exception show ex5d1f09c2a7b3e846', 'Takes the id that `list` and `explain` show.'],
  ],
  exits: NONE,
  run: async ({ values, words: [id = ''], terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'getLimitException', {
      params: { id },
    });
    return { text: exceptionLines(result.exception, terminal).join('\n'), json: result.exception };
  },
});

/** `portcullis limits exception remove`. */
export const limitsExceptionRemove = defineCommand({
  name: 'limits exception remove',
  summary: 'Remove an exception from limits before it ends.',
  about: ['Returns when no thread of any gateway on the same database makes the exception any more.'],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis limits exception remove ex5d1f09c2a7b3e846', 'The limits of the configuration hold again.'],
  ],
  exits: { 0: 'It is removed everywhere.', 1: 'It is not, or not everywhere: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const input = { params: { id }, query: { by: whoami() } };
    const { result, by } = await operateAnywhere(getTarget(values.config), 'removeLimitException', input);
    const what = terminal.paint('bold', `The exception ${id} for ${whomText(result.exception)} is removed.`);
    return { text: `${what} ${toldText(result, by)}`, json: { ...result, by } };
  },
});
