import { z } from 'zod';
import { isToken } from '../../lib/http/fields.ts';

/** Words for whose requests are counted together. */
export const PLAIN_DIMENSIONS = [
  'principal',
  'address',
  'key',
  'user',
  'client',
  'tenant',
  'endpoint',
  'api',
  'global',
] as const;
export type PlainDimension = (typeof PLAIN_DIMENSIONS)[number];

const MAX_PARTS = 4;

const dimensionSchema = z.union([
  z
    .enum(PLAIN_DIMENSIONS)
    .describe(
      '`principal` one key or token subject, `address` one client address, `key` one API key, `user` one subject of an ' +
        'issuer or owner of keys, `client` one OAuth client, `tenant` one tenant; `endpoint`, `api` and `global` all ' +
        'callers together, of one route, of one API, of all APIs.',
    ),
  z
    .strictObject({
      header: z
        .string()
        .min(1)
        .max(64)
        .refine(isToken, 'It must be the name of a header field.')
        .describe(
          'Request header field whose values are told apart, in any case. A client can send any value.',
        ),
    })
    .describe('One value of a request header field.'),
  z
    .strictObject({
      claim: z
        .string()
        .min(1)
        .max(256)
        .describe('Claim of verified tokens: one at the top, or a JSON pointer such as `/org/id`.'),
    })
    .describe('One value of a claim of verified tokens.'),
]);

export type DimensionConfig = z.infer<typeof dimensionSchema>;

/** The `by` of limits. */
export const bySchema = z
  .union([
    dimensionSchema,
    z.array(dimensionSchema).min(1).max(MAX_PARTS).describe('One counter for each combination.'),
  ])
  .describe(
    'Whose requests are counted together; a list counts each combination. Callers who are not authenticated are told ' +
      'apart by address; those without key by principal; those without client, tenant, claim or header, or with the ' +
      'header twice, share one counter.',
  );

export type ByConfig = z.infer<typeof bySchema>;

/** The dimensions of a `by` as a list. */
export function dimensionsOf(by: ByConfig): readonly DimensionConfig[] {
  return Array.isArray(by) ? by : [by];
}

/** The claims that a `by` reads. */
export function claimsOf(by: ByConfig): readonly string[] {
  return dimensionsOf(by).flatMap((one) => (typeof one === 'object' && 'claim' in one ? [one.claim] : []));
}

/** Whether a `by` has a part that its client may send as it likes. */
export function isClaimed(by: ByConfig): boolean {
  return dimensionsOf(by).some((one) => typeof one === 'object' && 'header' in one);
}
