import { z } from 'zod';
import { parseHost } from '../lib/http/host.ts';
import { pemSchema } from './listener.schema.ts';

/** Says in one sentence why a text is not the origin of an upstream; null when it is. */
function originProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || url.host === '') return 'A target is a URL such as `http://127.0.0.1:3000`.';
  if (url.protocol === 'ws:' || url.protocol === 'wss:') {
    return 'Write http or https: WebSocket connections start as HTTP.';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'A target begins with http:// or https://.';
  if (url.username !== '' || url.password !== '') return 'A target has no user name or password.';
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#')) {
    return 'A target has no query or fragment.';
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return 'A target begins with http:// or https:// and a host.';
  if (url.pathname !== '/') {
    return 'A target has no path: requests keep their own, `stripPath` cuts off the path of the API.';
  }
  return null;
}

const originSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = originProblem(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  })
  .transform((text) => URL.parse(text)?.origin ?? text)
  .describe('Origin of a server: scheme, host and port, such as `http://127.0.0.1:3000`.');

const targetSchema = z.union([
  originSchema,
  z.strictObject({ url: originSchema }).transform((target) => target.url),
]);

const healthSchema = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[\x21\x22\x24-\x7e]*$/, 'The path begins with a slash and has no spaces or fragment.')
      .describe('Path that is asked for with GET.'),
    intervalMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(5000)
      .describe('Milliseconds between two checks of a target.'),
    timeoutMs: z.int().min(10).max(600_000).default(2000).describe('Milliseconds until a check has failed.'),
    healthyAfter: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Good checks in a row that bring a target back.'),
    unhealthyAfter: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Failed checks in a row that take a target out.'),
    expectStatus: z
      .tuple([z.int().min(100).max(599), z.int().min(100).max(599)])
      .refine(([lowest, highest]) => lowest <= highest, 'Write the lowest status first, then the highest.')
      .default([200, 399])
      .describe('Lowest and highest status of a good check.'),
  })
  .describe('Active health checks.');

const passiveSchema = z
  .strictObject({
    failures: z.int().min(1).max(1000).default(5).describe('Failures in a row that take a target out.'),
    ejectMs: z.int().min(100).max(3_600_000).default(10_000).describe('Milliseconds that it stays out.'),
  })
  .describe('What is learned from requests that failed.');

const upstreamTlsSchema = z
  .strictObject({
    ca: pemSchema.optional().describe('PEM file with the authorities to trust instead of the public ones.'),
    cert: pemSchema
      .optional()
      .describe('PEM file with the certificate that the gateway shows to the upstream.'),
    key: pemSchema.optional().describe('PEM file with its private key, or a `${file:…}` reference.'),
    serverName: z
      .string()
      .refine((name) => parseHost(name)?.port === null, 'Write a host name without port.')
      .optional()
      .describe('Name that the certificate of the upstream must be for; the host of the target when absent.'),
    verify: z
      .boolean()
      .default(true)
      .describe(
        'Whether the certificate of the upstream is verified. `false` is weak: anyone in between can read.',
      ),
  })
  .describe('TLS towards https targets.');

const blockSchema = z.strictObject({
  targets: z
    .array(targetSchema)
    .min(1)
    .max(256)
    .describe('Servers that requests are spread over: URLs without a path.'),
  balance: z
    .enum(['roundRobin', 'leastConnections'])
    .default('roundRobin')
    .describe('How a target is chosen: in turn, or the one with the fewest requests under way.'),
  connections: z.int().min(1).max(65_536).default(128).describe('Most connections per target and thread.'),
  keepAliveMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(4000)
    .describe('Milliseconds that an idle connection to a target is kept; shorter than the target keeps it.'),
  health: healthSchema.optional(),
  passive: passiveSchema.prefault({}),
  tls: upstreamTlsSchema.optional(),
});

/** The `upstream` of an API: one URL, or targets with their settings. */
export const upstreamSchema = z
  .union([originSchema, blockSchema])
  .transform((upstream) =>
    typeof upstream === 'string' ? blockSchema.parse({ targets: [upstream] }) : upstream,
  )
  .describe('Where requests go: a URL such as `http://127.0.0.1:3000`, or `targets` with their settings.');
