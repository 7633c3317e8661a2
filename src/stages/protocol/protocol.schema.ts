import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { isToken } from '../../lib/http/fields.ts';

/** Methods that make a gateway echo credentials or open a tunnel (RFC 9110, 9.3.6 and 9.3.8). */
const NEVER = new Set(['TRACE', 'TRACK', 'CONNECT']);

const methodSchema = z
  .string()
  .max(32)
  .superRefine((method, issues) => {
    const upper = method.toUpperCase();
    if (NEVER.has(upper)) {
      issues.addIssue({ code: 'custom', message: `${upper} is never passed on; take it off the list.` });
    } else if (!isToken(method)) {
      issues.addIssue({ code: 'custom', message: `${JSON.stringify(method)} is not a method name.` });
    } else if (method !== upper) {
      // RFC 9110, 9.1: methods are case-sensitive
      issues.addIssue({ code: 'custom', message: `Methods are case-sensitive: write "${upper}".` });
    }
  });

/** HTTP/2 in the clear and TLS by Upgrade would carry requests past every check. */
const NEVER_UPGRADED = /^(?:h2c|http(?:\/.*)?|tls(?:\/.*)?)$/;

const upgradeSchema = z
  .string()
  .max(64)
  .superRefine((protocol, issues) => {
    const [name = '', version = '1', ...more] = protocol.split('/');
    if (NEVER_UPGRADED.test(protocol.toLowerCase())) {
      issues.addIssue({
        code: 'custom',
        message: `${protocol} is never switched to: requests in it would pass unchecked.`,
      });
    } else if (
      !isToken(name) ||
      !isToken(version) ||
      more.length > 0 ||
      protocol !== protocol.toLowerCase()
    ) {
      issues.addIssue({
        code: 'custom',
        message: `${JSON.stringify(protocol)} is not a protocol in lower case, such as "websocket" or "spdy/3.1".`,
      });
    }
  });

export const protocolSchema = z
  .strictObject({
    mode: modeSchema,
    methods: z
      .array(methodSchema)
      .min(1)
      .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .describe(
        'Methods that are let in; others are refused with 405. Keep OPTIONS for CORS preflights. TRACE, TRACK and CONNECT cannot be listed.',
      ),
    credentialsInUrl: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe(
        'Whether query parameters named like a credential (access_token, api_key, password, token …) are refused. ' +
          '`allow` weakens protection: URLs end up in logs, browser histories and Referer fields.',
      ),
    upgrades: z
      .array(upgradeSchema)
      .default(['websocket'])
      .describe(
        'Protocols a client may upgrade to over HTTP/1.1, such as `websocket` or `spdy/3.1`: what follows the switch passes unread. A request for `websocket` is refused where it is not listed; one for another protocol is served as if it had not asked.',
      ),
  })
  .describe('What is let in of requests that are valid HTTP.');

export type ProtocolConfig = z.infer<typeof protocolSchema>;
