import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { readNewPassword } from './read-secret.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';
import { PASSWORD_STDIN } from './user-words.ts';

type Change = 'disableUser' | 'enableUser' | 'resetUserTotp' | 'deleteUser';

interface ChangeWords {
  readonly name: string;
  readonly summary: string;
  readonly about: string;
  readonly done: string;
}

/** A command that does one thing to one user. */
function changing(operation: Change, { name, summary, about, done }: ChangeWords) {
  return defineCommand({
    name,
    summary,
    about: [about],
    words: ['USER'],
    options: { config: CONFIG_OPTION },
    examples: [[`portcullis ${name} alice`, 'By name; the id is taken, too.']],
    exits: { 0: 'It is done.', 1: 'It is not: the sentence says why.' },
    run: async ({ values, words: [user = ''], terminal }) => {
      const { result } = await operateAnywhere(getTarget(values.config), operation, { params: { user } });
      return { text: terminal.paint('bold', `User ${printable(result.name)} ${done}.`), json: result };
    },
  });
}

const ENDS =
  'Sessions and refresh tokens end with it; access tokens that were given out stay valid until they expire.';

/** `portcullis user disable`. */
export const userDisable = changing('disableUser', {
  name: 'user disable',
  summary: 'Let a user sign in no more.',
  about: ENDS,
  done: 'may no longer sign in',
});

/** `portcullis user enable`. */
export const userEnable = changing('enableUser', {
  name: 'user enable',
  summary: 'Let a user sign in again.',
  about: 'Ends a pause after failed attempts, too. What ended when the user was disabled does not come back.',
  done: 'may sign in again',
});

/** `portcullis user reset-totp`. */
export const userResetTotp = changing('resetUserTotp', {
  name: 'user reset-totp',
  summary: 'Take the second factor of a user away, with the recovery codes.',
  about: `For a lost phone. Where a second factor is required, whoever knows the password sets up the next one. ${ENDS}`,
  done: 'has no second factor any more',
});

/** `portcullis user delete`. */
export const userDelete = changing('deleteUser', {
  name: 'user delete',
  summary: 'Delete a user for good.',
  about: `The id never comes again, also for a new user with the same name. ${ENDS}`,
  done: 'is deleted',
});

/** `portcullis user set-password`. */
export const userSetPassword = defineCommand({
  name: 'user set-password',
  summary: 'Set another password for a user.',
  about: [`Asks for it twice, or reads it from standard input with --password-stdin. ${ENDS}`],
  words: ['USER'],
  options: { 'password-stdin': PASSWORD_STDIN, config: CONFIG_OPTION },
  examples: [['portcullis user set-password alice', 'Asks for the password.']],
  exits: { 0: 'The password is set.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [user = ''], terminal }) => {
    const target = getTarget(values.config);
    const password = await readNewPassword(values['password-stdin']);
    const { result } = await operateAnywhere(target, 'setUserPassword', {
      params: { user },
      body: { password },
    });
    return {
      text: terminal.paint('bold', `User ${printable(result.name)} has a new password.`),
      json: result,
    };
  },
});

function rolesOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((role) => role.trim())
    .filter(Boolean);
}

/** `portcullis user change`. */
export const userChange = defineCommand({
  name: 'user change',
  summary: 'Change names, roles and attributes of a user.',
  about: ['What is not given stays. Roles are replaced as a whole; `--no-roles` takes all of them away.'],
  words: ['USER'],
  options: {
    email: { kind: 'text', value: 'ADDRESS', summary: 'E-mail address; it is taken for verified.' },
    'display-name': { kind: 'text', value: 'NAME', summary: 'Name as people write it.' },
    roles: { kind: 'text', value: 'ROLES', summary: 'Roles in access tokens, with commas between.' },
    'no-roles': { kind: 'flag', summary: 'Take all roles away.' },
    department: { kind: 'text', value: 'NAME', summary: 'Department, for policies.' },
    clearance: { kind: 'text', value: 'NAME', summary: 'Clearance, for policies.' },
    tenant: { kind: 'text', value: 'NAME', summary: 'Tenant, for policies.' },
    'require-totp': { kind: 'text', value: 'YES|NO', summary: 'Whether a second factor is demanded.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis user change alice --roles customer,editor', 'Replaces the roles.']],
  exits: { 0: 'The user is changed.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [user = ''], terminal }) => {
    const totp = values['require-totp'];
    if (totp !== undefined && totp !== 'yes' && totp !== 'no') {
      throw new CommandFailure('invalid_input', 'Write `--require-totp yes` or `--require-totp no`.');
    }
    const body = {
      email: values.email,
      displayName: values['display-name'],
      roles: values['no-roles'] ? [] : rolesOf(values.roles),
      department: values.department,
      clearance: values.clearance,
      tenant: values.tenant,
      isTotpRequired: totp === undefined ? undefined : totp === 'yes',
    };
    if (Object.values(body).every((value) => value === undefined)) {
      throw new UsageError('Say what to change.', 'user change');
    }
    const target = getTarget(values.config);
    const { result } = await operateAnywhere(target, 'changeUser', { params: { user }, body });
    return { text: terminal.paint('bold', `User ${printable(result.name)} is changed.`), json: result };
  },
});
