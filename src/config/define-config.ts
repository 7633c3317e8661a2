import type { z } from 'zod';
import type { accessSchema } from '../stages/access/access.schema.ts';
import type { authenticationSchema } from '../stages/authentication/authentication.schema.ts';
import type { authorizationSchema } from '../stages/authorization/authorization.schema.ts';
import type { behaviourSchema } from '../stages/behaviour/behaviour.schema.ts';
import type { corsSchema } from '../stages/cors/cors.schema.ts';
import type { hardeningSchema } from '../stages/hardening/hardening.schema.ts';
import type { loginSchema } from '../stages/login/login.schema.ts';
import type { overloadSchema, strangersSchema } from '../stages/overload/overload.schema.ts';
import type { protocolSchema } from '../stages/protocol/protocol.schema.ts';
import type { outcomeLimitsSchema } from '../stages/ratelimit/outcome-limits.schema.ts';
import type { addressLimitSchema, rateLimitSchema } from '../stages/ratelimit/ratelimit.schema.ts';
import type { validationSchema } from '../stages/validation/validation.schema.ts';
import type { wafSchema } from '../stages/waf/waf.schema.ts';
import type { RootInput } from './schema.ts';

/** The blocks of the stages as they are written; a test holds the keys against the stages. */
export interface BlocksInput {
  protocol?: z.input<typeof protocolSchema>;
  access?: z.input<typeof accessSchema>;
  addressLimit?: z.input<typeof addressLimitSchema>;
  cors?: z.input<typeof corsSchema>;
  login?: z.input<typeof loginSchema>;
  strangers?: z.input<typeof strangersSchema>;
  behaviour?: z.input<typeof behaviourSchema>;
  authenticate?: z.input<typeof authenticationSchema>;
  rateLimit?: z.input<typeof rateLimitSchema>;
  overload?: z.input<typeof overloadSchema>;
  outcomeLimits?: z.input<typeof outcomeLimitsSchema>;
  authorize?: z.input<typeof authorizationSchema>;
  waf?: z.input<typeof wafSchema>;
  validate?: z.input<typeof validationSchema>;
  headers?: z.input<typeof hardeningSchema>;
}

type ApiInput = RootInput['apis'][number];
type EndpointInput = NonNullable<ApiInput['endpoints']>[number];

/** A whole configuration as it is written. */
export interface ConfigInput extends Omit<RootInput, 'defaults' | 'apis'> {
  defaults?: NonNullable<RootInput['defaults']> & BlocksInput;
  apis: (Omit<ApiInput, 'endpoints'> & BlocksInput & { endpoints?: (EndpointInput & BlocksInput)[] })[];
}

/** Gives a configuration written in TypeScript its types; it is checked when the gateway loads it. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
