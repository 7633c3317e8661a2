import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { table } from './terminal.ts';

function tableOf({ keys }: ResultOf<'listOauthKeys'>): string {
  const rows = keys.map(({ kid, state, activeFrom, expiresAt }) => [
    kid,
    state,
    activeFrom,
    expiresAt ?? '-',
  ]);
  return table([['KEY', 'STATE', 'SIGNS FROM', 'FORGOTTEN AT'], ...rows]).join('\n');
}

/** `portcullis oauth keys list`. */
export const oauthKeysList = defineCommand({
  name: 'oauth keys list',
  summary: 'List the signing keys of the authorization server.',
  about: ['The next key is published before it signs; a retired one until nothing that it signed is valid.'],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth keys list', 'The key that signs comes first.']],
  exits: { 0: 'The keys are listed.', 1: 'They cannot be: the sentence says why.' },
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'listOauthKeys');
    return { text: tableOf(result), json: result };
  },
});

/** `portcullis oauth keys rotate`. */
export const oauthKeysRotate = defineCommand({
  name: 'oauth keys rotate',
  summary: 'Replace the signing key of the authorization server before its time.',
  about: [
    'Without --now the next key is published first and signs once every cache can have it.',
    'With --now it signs at once, and the old keys are withdrawn: whatever they signed is refused. That is for a key that somebody else may have.',
  ],
  words: [],
  options: {
    now: { kind: 'flag', summary: 'Sign with the new key at once and withdraw the others.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis oauth keys rotate --now', 'A key got out.']],
  exits: { 0: 'The keys are replaced, or will be.', 1: 'They are not: the sentence says why.' },
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'rotateOauthKeys', {
      body: { now: values.now },
    });
    return { text: tableOf(result), json: result };
  },
});
