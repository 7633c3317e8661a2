import { acknowledgedText } from './acknowledged-text.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis token revoke`. */
export const tokenRevoke = defineCommand({
  name: 'token revoke',
  summary: 'Revoke one token, or all tokens of a subject, before they expire.',
  about: [
    'Returns when no thread of any gateway on the same database accepts them any more. The revocation is kept for so many ' +
      'hours; let that be no less than the tokens live.',
  ],
  words: [],
  options: {
    issuer: { kind: 'text', value: 'URL', required: true, summary: '`iss` of the tokens, exactly.' },
    jti: { kind: 'text', value: 'ID', summary: 'Id of one token, its `jti`.' },
    subject: { kind: 'text', value: 'NAME', summary: 'Subject whose tokens are all revoked.' },
    before: {
      kind: 'text',
      value: 'TIME',
      summary: 'With --subject: tokens issued before this instant (RFC 3339); now.',
    },
    hours: {
      kind: 'number',
      value: 'N',
      least: 1,
      most: 8760,
      default: 720,
      summary: 'Hours until the revocation is forgotten.',
    },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis token revoke --issuer https://auth.company.com --jti 7f3a', 'One token.'],
    [
      'portcullis token revoke --issuer https://auth.company.com --subject alice',
      'All that alice has by now.',
    ],
  ],
  exits: {
    0: 'The tokens are revoked everywhere.',
    1: 'They are not, or not everywhere: the sentence says why.',
  },
  run: async ({ values, terminal }) => {
    const { issuer, jti, subject, before, hours: keepHours } = values;
    const named = Object.fromEntries(
      Object.entries({ jti, subject, before }).filter(([, value]) => value !== undefined),
    );
    const body = { issuer, keepHours, ...named };
    const { result, by } = await operateAnywhere(getTarget(values.config), 'revokeToken', { body });
    const { revocation, ...acknowledged } = result;
    const what =
      revocation.kind === 'jti'
        ? `The token ${printable(revocation.value)} is revoked.`
        : `The tokens of ${printable(revocation.value)} issued before ${revocation.before} are revoked.`;
    const text = [terminal.paint('bold', what), ...acknowledgedText(acknowledged, by)].join(' ');
    return { text, json: { ...revocation, ...acknowledged, by } };
  },
});
