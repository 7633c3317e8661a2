import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';
import { day, factors } from './user-words.ts';

/** `portcullis user list`. */
export const userList = defineCommand({
  name: 'user list',
  summary: 'List the users of the built-in authorization server by name.',
  about: [],
  words: [],
  options: {
    beginning: { kind: 'text', value: 'TEXT', default: '', summary: 'Only names that begin so.' },
    after: { kind: 'text', value: 'NAME', default: '', summary: 'Go on after this name.' },
    limit: { kind: 'number', value: 'COUNT', least: 1, most: 1000, default: 100, summary: 'Users at most.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis user list', 'The first hundred.'],
    ['portcullis user list --beginning al --json', 'For a script.'],
  ],
  exits: { 0: 'The users are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { beginning: values.beginning, after: values.after, limit: values.limit };
    const { result } = await operateAnywhere(getTarget(values.config), 'listUsers', { query });
    if (result.users.length === 0) {
      return { text: 'There are no such users. Make one with `portcullis user create NAME`.', json: result };
    }
    const rows = result.users.map((user) => [
      user.id,
      printable(user.name),
      user.status,
      factors(user),
      printable(user.roles.join(' ')) || '-',
      printable(user.email) || '-',
      day(user.lastLoginAt),
    ]);
    const [head = '', ...lines] = table([
      ['ID', 'NAME', 'STATUS', 'SIGNS IN BY', 'ROLES', 'E-MAIL', 'LAST LOGIN'],
      ...rows,
    ]);
    const shown = lines.map((line, at) =>
      result.users[at]?.status === 'active' ? line : terminal.paint('dim', line),
    );
    const more = result.next === '' ? [] : [`More: --after ${printable(result.next)}`];
    return { text: [terminal.paint('bold', head), ...shown, ...more].join('\n'), json: result };
  },
});
