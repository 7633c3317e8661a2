import { MAX_GRACE_H } from '../control/key-rotation.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

function graceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const hours = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (hours <= MAX_GRACE_H) return hours;
  throw new UsageError(`--grace-hours must be a whole number from 0 to ${MAX_GRACE_H}.`, 'key rotate');
}

/** `portcullis key rotate`. */
export const keyRotate = defineCommand({
  name: 'key rotate',
  summary: 'Make a successor of an API key; the old one works until a grace period ends.',
  about: [
    'The successor has the same rights and is shown this once. During the grace period both keys work, and `portcullis key show` tells when the old one was used last. Then it stops by itself; revoke it to stop it earlier.',
  ],
  words: ['ID'],
  options: {
    'grace-hours': {
      kind: 'text',
      value: 'HOURS',
      summary: `Hours that the old key still works, 0 to ${MAX_GRACE_H}; \`keys.graceHours\` when absent, 72 unless configured.`,
    },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis key rotate 4fQ0Zt8s --grace-hours 24', 'One day to change over.']],
  exits: { 0: 'The successor is shown.', 1: 'There is none: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const graceHours = graceOf(values['grace-hours']);
    const input = { params: { id }, body: { graceHours } };
    const { result } = await operateAnywhere(getTarget(values.config), 'rotateKey', input);
    const { key, record, old, notes } = result;
    const text = [
      terminal.paint('bold', key),
      '',
      `Keep it now: it is not shown again. Id ${record.id}, name ${printable(record.name)}, expires ${record.expiresAt ?? 'never'}.`,
      `The old key ${old.id} works until ${old.expiresAt ?? 'it is revoked'}.`,
      ...notes.map((note) => terminal.paint('yellow', note)),
    ].join('\n');
    return { text, json: result };
  },
});
