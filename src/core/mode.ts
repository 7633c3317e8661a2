import { z } from 'zod';

/** The `mode` field that every stage block has. */
export const modeSchema = z
  .enum(['enforce', 'observe', 'off'])
  .default('enforce')
  .describe(
    '`enforce` carries decisions out, `observe` records them and lets pass, `off` removes the stage.',
  );

/** The `mode` field of stages that judge by what they measured themselves: the operator sees what they would do before they do it. */
export const observingModeSchema = modeSchema
  .unwrap()
  .default('observe')
  .describe(
    '`observe`, the default, records what would be refused; `enforce` refuses it, `off` removes the stage.',
  );
