import { z } from 'zod';
import { cidrProblem } from '../lib/ip/cidr.ts';
import { issuerSchema } from '../stages/authentication/issuer.schema.ts';
import type { StageRow } from '../stages/index.ts';
import { tierSchema } from '../stages/ratelimit/tiers.ts';
import { adaptiveSchema } from './adaptive.schema.ts';
import { apiShape, endpointShape, routeShape } from './api.schema.ts';
import { attackModeSchema } from './attack.schema.ts';
import { blockShape } from './blocks.ts';
import { governanceSchema } from './governance.schema.ts';
import { keysSchema } from './keys.schema.ts';
import { limitsSchema, pathsSchema } from './limits.schema.ts';
import { listenerSchema, nameSchema } from './listener.schema.ts';
import { noticesSchema } from './notices.schema.ts';
import { oauthSchema } from './oauth.schema.ts';
import { adminSchema, countersSchema, geoSchema, journalSchema, storeSchema } from './services.schema.ts';

const networkSchema = z.string().superRefine((text, issues) => {
  const message = cidrProblem(text);
  if (message !== null) issues.addIssue({ code: 'custom', message });
});

const upgradeUrlSchema = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'Write a URL that begins with https://.',
  );

const rootShape = {
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file; not read.'),
  version: z.literal(1).describe('Version of this format.'),
  threads: z
    .union([z.int().min(1).max(64), z.literal('auto')])
    .default('auto')
    .describe('Number of threads that serve requests; `auto` is one per available processor.'),
  dataDir: z
    .string()
    .min(1)
    .default('./.portcullis')
    .describe('Directory of database, journal and admin token; relative to this file.'),
  listeners: z
    .array(listenerSchema)
    .min(1)
    .max(64)
    .default([listenerSchema.parse({ name: 'web', port: 8080 })])
    .describe('Addresses and ports that clients connect to.'),
  trustedProxies: z
    .array(networkSchema)
    .default([])
    .describe('Networks whose X-Forwarded-For, Forwarded and PROXY preambles are believed.'),
  admin: adminSchema.prefault({}),
  store: storeSchema.prefault({}),
  counters: countersSchema.prefault({}),
  journal: journalSchema.prefault({}),
  notices: noticesSchema.prefault({}),
  geo: geoSchema.prefault({}),
  governance: governanceSchema.prefault({}),
  keys: keysSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  adaptive: adaptiveSchema.prefault({}),
  attackMode: attackModeSchema.prefault({}),
  paths: pathsSchema.prefault({}),
  issuers: z.array(issuerSchema).max(256).prefault([]).describe('Issuers of tokens that APIs may accept.'),
  oauth: oauthSchema.optional(),
  tiers: z
    .record(nameSchema, tierSchema)
    .prefault({})
    .describe('Rate limit tiers; those named here replace or join the built-in ones.'),
  upgradeUrl: upgradeUrlSchema.optional().describe('Where a client over its limit can get a larger one.'),
};

/** What of the schema does not depend on the stages; gives the types of the parsed configuration. */
const staticSchema = z.strictObject({
  ...rootShape,
  defaults: z.strictObject(routeShape).optional(),
  apis: z.array(
    z.strictObject({ ...apiShape, endpoints: z.array(z.strictObject(endpointShape)).default([]) }),
  ),
});

/** The schema's own output: stage blocks are not part of the type, see `compileBlocks`. */
export type ParsedRoot = z.output<typeof staticSchema>;
/** What an operator may write, without the blocks of the stages. */
export type RootInput = z.input<typeof staticSchema>;

const built = new WeakMap<readonly StageRow[], RootSchema>();

export type RootSchema = z.ZodType<ParsedRoot, RootInput>;

/** The schema of a whole configuration with the blocks of the given stages. */
export function rootSchema(rows: readonly StageRow[]): RootSchema {
  const schema = built.get(rows) ?? buildSchema(rows);
  built.set(rows, schema);
  return schema;
}

function buildSchema(rows: readonly StageRow[]): RootSchema {
  const blocks = blockShape(rows);
  const endpoint = z
    .strictObject({ ...endpointShape, ...blocks })
    .describe('A part of an API with its own settings.');
  const endpoints = z
    .array(endpoint)
    .max(10_000)
    .prefault([])
    .describe('Parts of the API with their own settings.');
  const api = z.strictObject({ ...apiShape, endpoints, ...blocks }).describe('An API behind the gateway.');
  const defaults = z
    .strictObject({ ...routeShape, ...blocks })
    .optional()
    .describe('What every API inherits; each key of a block can be replaced there.');
  const apis = z.array(api).min(1).max(10_000).describe('The APIs behind the gateway.');
  const schema = z.strictObject({ ...rootShape, defaults, apis }).describe('Configuration of Portcullis.');
  return schema as unknown as RootSchema;
}
