import { z } from 'zod';
import { parseIp } from '../lib/ip/address.ts';
import { authoritiesSchema } from '../stages/authentication/authorities.schema.ts';

/** Names that end up in journals and metrics. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'Use lower-case letters, digits and `-` inside, at most 63.',
  );

export const portSchema = z.int().min(0).max(65_535);

/** A path to a file, or the text of the file itself as a `${file:…}` reference gives it. */
export const pemSchema = z.string().min(1).max(1_048_576);

const bindSchema = z
  .string()
  .refine(
    (text) => text === 'localhost' || parseIp(text) !== null,
    'Write an address of this machine, such as 0.0.0.0, "::" or 127.0.0.1.',
  );

const certificateSchema = z
  .strictObject({
    cert: pemSchema.describe(
      'PEM file with the certificate and its chain, leaf first; relative to this file.',
    ),
    key: pemSchema.describe(
      'PEM file with the private key, or a reference such as `${file:./tls/api.key}`. Typed in as text it is weak.',
    ),
  })
  .describe('A certificate with its key.');

const tlsSchema = z
  .strictObject({
    certificates: z
      .array(certificateSchema)
      .min(1)
      .max(256)
      .describe('Chosen by the server name the client asks for; the first one where none is for that name.'),
    minVersion: z
      .enum(['TLSv1.2', 'TLSv1.3'])
      .default('TLSv1.2')
      .describe('Oldest protocol version accepted.'),
    clientCa: authoritiesSchema
      .optional()
      .describe(
        'Authorities whose client certificates are asked for: a PEM file, or several. Clients without one still ' +
          'connect; who needs one is said by `authenticate` of each API.',
      ),
    http2: z.boolean().default(true).describe('Whether HTTP/2 is offered beside HTTP/1.1.'),
  })
  .describe('Makes the listener speak HTTPS.');

const redirectSchema = z
  .union([
    z.boolean(),
    z
      .strictObject({ port: portSchema.min(1).describe('Port of the HTTPS address that clients see.') })
      .describe('For when clients reach HTTPS on another port than the gateway listens on.'),
  ])
  .default(false)
  .describe('Answer every request with a redirect to HTTPS: `true` is the port of the first TLS listener.');

/** One entry of `listeners`. */
export const listenerSchema = z
  .strictObject({
    name: nameSchema.describe('Name of the listener in journal and metrics; unique.'),
    host: bindSchema.default('0.0.0.0').describe('Address to listen on; "::" takes IPv6 and IPv4.'),
    port: portSchema.describe('TCP port; 0 takes any free one.'),
    redirectToHttps: redirectSchema,
    tls: tlsSchema.optional(),
    clientCertificates: z
      .strictObject({
        fromTrustedProxies: z
          .boolean()
          .default(false)
          .describe(
            'Whether `trustedProxies` do the TLS handshake with clients and pass their certificates on in Client-Cert ' +
              'and Client-Cert-Chain (RFC 9440). From others these fields are dropped, as everywhere.',
          ),
      })
      .optional()
      .describe('Where certificates of clients come from beside the handshake.'),
    proxyProtocol: z
      .boolean()
      .default(false)
      .describe(
        'Whether every connection starts with a PROXY preamble (v1 or v2) from one of `trustedProxies`.',
      ),
  })
  .describe('An address and port that clients connect to.');
