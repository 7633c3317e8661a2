import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { readNewPassword } from './read-secret.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';
import { PASSWORD_STDIN } from './user-words.ts';

const text = (value: string, summary: string) => ({ kind: 'text', value, default: '', summary }) as const;

/** `portcullis user create`. */
export const userCreate = defineCommand({
  name: 'user create',
  summary: 'Create a user of the built-in authorization server.',
  about: [
    'Asks for the password twice, or reads it from standard input with --password-stdin. Works on the running gateway, or on the database when none runs.',
  ],
  words: ['NAME'],
  options: {
    email: text('ADDRESS', 'E-mail address; it is taken for verified.'),
    'display-name': text('NAME', 'Name as people write it.'),
    roles: { kind: 'list', value: 'ROLES', summary: 'Roles in access tokens, with commas between.' },
    department: text('NAME', 'Department, for policies.'),
    clearance: text('NAME', 'Clearance, for policies.'),
    tenant: text('NAME', 'Tenant, for policies.'),
    'require-totp': { kind: 'flag', summary: 'The user has to set up a second factor at the next sign-in.' },
    'password-stdin': PASSWORD_STDIN,
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis user create alice --email alice@example.com --roles customer', 'Asks for the password.'],
    ['pass show alice | portcullis user create alice --password-stdin', 'Takes it from another program.'],
  ],
  exits: { 0: 'The user was created.', 1: 'It was not: the sentence says why.' },
  run: async ({ values, words, terminal }) => {
    const target = getTarget(values.config);
    const { result } = await operateAnywhere(target, 'createUser', {
      body: {
        name: words[0] ?? '',
        email: values.email,
        displayName: values['display-name'],
        roles: values.roles,
        department: values.department,
        clearance: values.clearance,
        tenant: values.tenant,
        isTotpRequired: values['require-totp'],
        password: await readNewPassword(values['password-stdin']),
      },
    });
    const done = terminal.paint('bold', `User ${printable(result.name)} is created.`);
    return { text: `${done} Id ${result.id}.`, json: result };
  },
});
