import { z } from 'zod';

const hashSchema = z
  .strictObject({
    memoryKib: z
      .int()
      .min(19_456)
      .max(1_048_576)
      .default(65_536)
      .describe('KiB of memory that one computation fills; 19456 is the least that OWASP advises.'),
    passes: z.int().min(1).max(16).default(3).describe('Number of passes over the memory.'),
    lanes: z.int().min(1).max(16).default(4).describe('Number of independent lanes.'),
  })
  .refine(({ memoryKib, passes }) => memoryKib * passes >= 38_912, {
    message: 'Memory times passes is at least 38912 KiB, such as 19456 KiB in two passes.',
  })
  .describe(
    'Cost of Argon2id; the default is the second recommendation of RFC 9106. Passwords with another cost are hashed again when their users sign in.',
  );

/** The `oauth.users` block. */
export const oauthUsersSchema = z
  .strictObject({
    passwords: z
      .boolean()
      .default(true)
      .describe(
        'Whether people sign in with passwords of this server; `false` leaves the providers of `federation`.',
      ),
    minPasswordChars: z
      .int()
      .min(8)
      .max(128)
      .default(12)
      .describe('Characters of a new password at least. Fewer than 12 are weak.'),
    secondFactor: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe(
        'Whether everybody needs a code of an authenticator app. `optional` asks those who have one, those of whom the administrator demands it, and where a client asks for it.',
      ),
    hash: hashSchema.prefault({}),
    concurrentHashes: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('Passwords that are checked at the same time; half the processors when absent.'),
    waitingHashes: z
      .int()
      .min(0)
      .max(10_000)
      .default(32)
      .describe('Passwords that wait to be checked; more are answered with 503.'),
  })
  .describe('The people who sign in.');

export type OauthUsersConfig = z.output<typeof oauthUsersSchema>;
