import type { IncomingMessage } from 'node:http';
import { constantEquals } from '../lib/text/constant-equals.ts';

/** Field with the secret by which the gateway's own requests are told from all others. */
export const SECRET_FIELD = 'portcullis-internal';

/** What stands for the client in a request that the gateway forwarded. */
export interface GatewayFacts {
  readonly clientAddress: string;
  readonly isSecure: boolean;
}

/**
 * What the gateway vouches for in a request; null for a request that did not come through it.
 *
 * Safety: the secret is made at each start and never leaves the process but on the loopback interface, so no other
 * program of the machine can claim to be a client with some address or certificate.
 */
export function readGatewayFacts(request: IncomingMessage, secret: string): GatewayFacts | null {
  if (!constantEquals(textOf(request.headers[SECRET_FIELD]), secret)) return null;
  delete request.headers[SECRET_FIELD];
  return {
    clientAddress: textOf(request.headers['x-real-ip']),
    isSecure: textOf(request.headers['x-forwarded-proto']) === 'https',
  };
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

const METADATA_PATH = '/.well-known/oauth-authorization-server';

/** RFC 8414, section 3.1: the metadata of an issuer with a path is in front of the path; the provider has it below. */
function pathBelow(url: string, issuer: URL): string {
  const isMetadata = issuer.pathname !== '/' && url === METADATA_PATH + issuer.pathname;
  return isMetadata ? METADATA_PATH : url;
}

/** Lets the provider see the client and the issuer's own address, and nothing else that could be either. */
export function applyFacts(request: IncomingMessage, facts: GatewayFacts, issuer: URL): void {
  const { headers } = request;
  headers.host = issuer.host;
  headers['x-forwarded-host'] = issuer.host;
  headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  headers['x-forwarded-for'] = facts.clientAddress;
  request.url = pathBelow(request.url ?? '/', issuer);
  // The gateway cut the path of the issuer off; the provider puts it in front of every address that it gives out.
  Object.assign(request, { baseUrl: issuer.pathname.replace(/\/$/, '') });
}
