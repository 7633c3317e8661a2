import { z } from 'zod';

const bindingPrefix = z
  .strictObject({
    v4: z
      .int()
      .min(0)
      .max(32)
      .default(24)
      .describe('Leading bits of an IPv4 address that must stay the same.'),
    v6: z
      .int()
      .min(0)
      .max(128)
      .default(56)
      .describe('Leading bits of an IPv6 address that must stay the same.'),
  })
  .describe('How much of the client address belongs to the binding of a token.');

/** Keys of a method whose tokens may come again. */
export const replayShape = {
  replay: z
    .enum(['once', 'bound', 'off'])
    .default('bound')
    .describe(
      '`once`: a token is accepted a single time, and needs a `jti`. `bound`: a token is accepted from one client at a time, known by network and User-Agent; a token that is bound to a key (`cnf`) by that key. `off` is weak: a captured token works from anywhere.',
    ),
  replayWindowS: z
    .int()
    .min(60)
    .max(86_400)
    .default(300)
    .describe(
      'Seconds after the last use of a token by one client before another one may use it, with `replay: bound`.',
    ),
  bindingPrefix: bindingPrefix.prefault({}),
};

export interface ReplayConfig {
  readonly replay: 'once' | 'bound' | 'off';
  readonly replayWindowS: number;
  readonly bindingPrefix: { readonly v4: number; readonly v6: number };
}
