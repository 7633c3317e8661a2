import { z } from 'zod';
import { MAX_FAILURES, MAX_NAMES } from '../../core/logins.ts';
import { modeSchema } from '../../core/mode.ts';
import { networkSchema } from '../../core/network.schema.ts';

const DAY_S = 86_400;

const windowSchema = z.int().min(10).max(DAY_S);

/** RFC 6901, section 3. */
const POINTER = /^(?:\/(?:[^~/]|~[01])+)+$/;

const userNameSchema = z
  .strictObject({
    field: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Name of the form field, or of the member of the JSON object.'),
    pointer: z
      .string()
      .max(256)
      .regex(POINTER, 'Write a JSON pointer such as `/user/email`.')
      .optional()
      .describe('JSON pointer to the user name, where it is not a member of the outermost object.'),
  })
  .refine(({ field, pointer }) => field !== undefined || pointer !== undefined, {
    message: 'Write where the user name is: `{ field: username }`.',
  })
  .describe(
    'Where a login names its user. The body is held and read then: JSON and forms (`application/x-www-form-urlencoded`). ' +
      'A login whose user name cannot be read in one way only is refused.',
  );

const stuffingSchema = z
  .strictObject({
    userNames: z
      .int()
      .min(0)
      .max(MAX_NAMES - 1)
      .default(5)
      .describe(
        'User names that may fail from one address within the window; one more blocks it. 0 is weak: not looked at.',
      ),
    windowS: windowSchema.default(3600).describe('Seconds for which a failed user name counts.'),
  })
  .prefault({})
  .describe('Credential stuffing: one address that tries many user names. Needs `userName`.');

const accountSchema = z
  .strictObject({
    failuresPerHour: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(20)
      .describe(
        'Failed logins with one user name within an hour, from any address, above which each address has one failure ' +
          'with it only. 0 is weak: not looked at.',
      ),
  })
  .prefault({})
  .describe(
    'Many addresses that try one user name. Needs `userName`. Nobody is refused who did not fail himself.',
  );

const sharedSchema = z
  .strictObject({
    addresses: z.array(networkSchema).min(1).max(10_000).describe('The networks.'),
    failures: z
      .int()
      .min(1)
      .max(MAX_FAILURES)
      .default(50)
      .describe('As `failures`, for each of these addresses.'),
    userNames: z
      .int()
      .min(0)
      .max(MAX_NAMES - 1)
      .default(0)
      .describe('As `stuffing.userNames`, for each of these addresses.'),
  })
  .describe('Addresses behind which many users are, such as the one of an office.');

const methodSchema = z
  .string()
  .regex(/^[A-Z]{1,32}$/, 'Methods are written in capital letters, such as POST.');

/** The `login` block. */
export const loginSchema = z
  .strictObject({
    mode: modeSchema,
    failures: z
      .int()
      .min(1)
      .max(MAX_FAILURES)
      .optional()
      .describe(
        'Failed logins of one address within the window that are let be; one more blocks it. Absent: nothing is guarded.',
      ),
    windowS: windowSchema.default(300).describe('Seconds for which a failed login counts.'),
    blockS: z
      .int()
      .min(10)
      .max(7 * DAY_S)
      .default(1800)
      .describe('Seconds for which an address is blocked.'),
    failureStatuses: z
      .array(z.int().min(200).max(599))
      .min(1)
      .default([400, 401, 403, 404, 422, 423])
      .describe('Statuses with which the upstream says that a login failed.'),
    failureRedirects: z
      .array(z.string().startsWith('/').max(256))
      .max(16)
      .default([])
      .describe(
        'Where the upstream redirects to when a login failed, such as `/login?error`: the beginning of path and query.',
      ),
    methods: z
      .array(methodSchema)
      .min(1)
      .max(16)
      .optional()
      .describe('Methods of requests that are logins; all but GET, HEAD and OPTIONS when absent.'),
    userName: userNameSchema.optional(),
    stuffing: stuffingSchema,
    account: accountSchema,
    shared: sharedSchema.optional(),
    ipv6Prefix: z
      .int()
      .min(32)
      .max(128)
      .default(64)
      .describe(
        'Bits of an IPv6 address that tell clients apart: whoever has one address has a whole /64, often a /56.',
      ),
    realm: z
      .string()
      .regex(
        /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        'Use lower-case letters, digits and `-` inside, at most 63.',
      )
      .optional()
      .describe('Logins with the same realm count together; the name of the API when absent.'),
    refuseBlocked: z
      .boolean()
      .default(false)
      .describe('Whether a blocked address is refused here, too, where no `failures` make this a login.'),
    maxBodyBytes: z
      .int()
      .min(64)
      .max(1_048_576)
      .default(16_384)
      .describe('The most bytes of a login whose user name is read: it is held in memory.'),
    genericFailure: z
      .boolean()
      .default(false)
      .describe(
        'Whether every failure is answered alike, with 401 and a problem document instead of what the upstream says.',
      ),
    minimumMs: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .describe(
        'Milliseconds of which the time to an answer is a whole multiple, so that it tells less; 0 adds nothing.',
      ),
  })
  .describe('How often logins may fail: the answers of the upstream tell which did.');

export type LoginConfig = z.infer<typeof loginSchema>;

/** Whether requests of a route with this block are logins that are guarded. */
export function guardsLogins({ mode, failures }: LoginConfig): boolean {
  return mode === 'enforce' && failures !== undefined;
}
