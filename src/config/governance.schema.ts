import { z } from 'zod';
import { userNameFault } from '../lib/text/user-name.ts';
import { nameRepeats } from './operator-names.ts';

const operatorSchema = z
  .strictObject({
    name: z
      .string()
      .superRefine((name, issues) => {
        const message = userNameFault(name);
        if (message !== '') issues.addIssue({ code: 'custom', message });
      })
      .describe('How the person is named where bypasses are asked for, approved and reported.'),
    tokenHash: z
      .string()
      .regex(
        /^sha256:[0-9a-f]{64}$/,
        'Write `sha256:` and 64 hexadecimal digits, as `portcullis waf token` prints them.',
      )
      .describe(
        'SHA-256 of a token that only this person has; `portcullis waf token` makes one and prints both.',
      ),
  })
  .describe('A person who may ask for bypasses of the WAF and approve those of others.');

/** The `governance` block. */
export const governanceSchema = z
  .strictObject({
    operators: z
      .array(operatorSchema)
      .max(100)
      .prefault([])
      .superRefine((operators, issues) => {
        for (const at of nameRepeats(operators))
          issues.addIssue({
            code: 'custom',
            path: [at],
            message: 'Another operator has this name or token.',
          });
      })
      .describe(
        'People who show with a token of their own who they are when they ask for a bypass of the WAF, or approve one. ' +
          'Without any, names are what whoever holds the admin token says: `portcullis waf report` tells them apart. ' +
          'One alone can approve nothing.',
      ),
    trialHours: z
      .int()
      .min(1)
      .max(720)
      .default(48)
      .describe(
        'Hours that a rule which was added or changed is only noted, counted while a gateway runs with it.',
      ),
    falsePositiveBudget: z
      .number()
      .min(0)
      .max(0.2)
      .default(0.001)
      .describe(
        'Share of the requests that a rule blocks, or would block, which may be confirmed false positives, from 0 to 0.2. A rule on ' +
          'trial above it stays in log; one that blocks and gets above it is told of.',
      ),
  })
  .describe('How rules come into force, and who may make an exception from them.');

export type GovernanceConfig = z.output<typeof governanceSchema>;
