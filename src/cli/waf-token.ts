import { randomBytes } from 'node:crypto';
import { hashOfToken } from '../control/operators.ts';
import { defineCommand } from './command.ts';

/** `portcullis waf token`. */
export const wafToken = defineCommand({
  name: 'waf token',
  summary: 'Make a token with which an operator shows who they are.',
  about: [
    'The token is for one person, who keeps it; its hash goes into `governance.operators` of the configuration. With two ' +
      'operators there, a bypass of the WAF needs two tokens.',
  ],
  words: [],
  options: {},
  examples: [['portcullis waf token', 'Prints the token, this once, and its hash.']],
  exits: { 0: 'The token is printed.', 1: 'Never.' },
  run: async () => {
    const token = randomBytes(32).toString('base64url');
    const tokenHash = hashOfToken(token);
    const text = [
      `Token, for the person alone: ${token}`,
      'For the configuration:',
      '  governance:',
      '    operators:',
      `      - { name: NAME, tokenHash: '${tokenHash}' }`,
    ].join('\n');
    return { text, json: { token, tokenHash } };
  },
});
