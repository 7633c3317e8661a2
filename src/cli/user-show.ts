import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';
import { factors } from './user-words.ts';

/** `portcullis user show`. */
export const userShow = defineCommand({
  name: 'user show',
  summary: 'Show a user of the built-in authorization server.',
  about: ['Neither the hash of the password nor the secret of the second factor is shown by any command.'],
  words: ['USER'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis user show alice', 'By name; the id is taken, too.']],
  exits: { 0: 'The user is shown.', 1: 'There is no such user, or it cannot be read.' },
  run: async ({ values, words: [user = ''] }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'getUser', { params: { user } });
    const rows = [
      ['id', result.id],
      ['name', result.name],
      ['status', result.status],
      ['display name', result.displayName],
      ['e-mail', result.email],
      ['roles', result.roles.join(' ')],
      ['department', result.department],
      ['clearance', result.clearance],
      ['tenant', result.tenant],
      ['signs in by', factors(result)],
      ['second factor required', result.isTotpRequired ? 'yes' : 'no'],
      ['recovery codes left', String(result.recoveryCodes)],
      ['created', result.createdAt],
      ['last login', result.lastLoginAt ?? 'never'],
    ];
    return {
      text: table(rows.map((row) => row.map((cell) => printable(cell) || '-'))).join('\n'),
      json: result,
    };
  },
});
