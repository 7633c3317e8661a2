import { z } from 'zod';

/** The `mode` field that every stage block has. */
export const modeSchema = z
  .enum(['enforce', 'observe', 'off'])
  .default('enforce')
  .describe(
    '`enforce` carries decisions out, `observe` records them and lets pass, `off` removes the stage.',
  );
