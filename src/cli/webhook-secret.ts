import { randomBytes } from 'node:crypto';
import { defineCommand } from './command.ts';

/** HMAC-SHA256 gains nothing from more (RFC 2104, section 3). */
const SECRET_BYTES = 32;

/** `portcullis webhook secret`. */
export const webhookSecret = defineCommand({
  name: 'webhook secret',
  summary: 'Make a secret for a webhook, in the two forms that senders ask for.',
  about: [
    'Prints 32 random bytes as text and as Standard Webhooks writes them: give the sender one of the two, and put the same ' +
      'one where `secrets` of `webhook` refers to. Nothing is kept.',
    'Secrets should be replaced every 90 days: list the new one beside the old one, with today as `createdAt`, give it to the ' +
      'sender, and take the old one away when the sender uses the new one.',
  ],
  words: [],
  options: {},
  examples: [
    ['portcullis webhook secret', 'Both forms.'],
    ['portcullis webhook secret --json | jq -r .text > github.secret', 'One form, for a file.'],
  ],
  exits: { 0: 'The secret was printed.', 1: 'There is no randomness to be had.' },
  run: async ({ terminal }) => {
    const bytes = randomBytes(SECRET_BYTES);
    const [text, standard] = [bytes.toString('hex'), `whsec_${bytes.toString('base64')}`];
    const createdAt = new Date().toISOString().slice(0, 10);
    const lines = [
      `${terminal.paint('bold', text)}  text, for \`github\` and \`hmac-sha256\``,
      `${terminal.paint('bold', standard)}  for \`standard-webhooks\``,
      '',
      `The two are different secrets to whoever does not decode them: use one. createdAt: '${createdAt}'`,
    ];
    return { text: lines.join('\n'), json: { text, standard, createdAt } };
  },
});
