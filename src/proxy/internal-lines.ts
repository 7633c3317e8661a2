import type { RequestContext } from '../core/context.ts';
import type { Route } from '../core/route.ts';
import { fieldValue } from '../lib/http1/serialize.ts';

/**
 * What only the gateway's own servers are told: that it is the gateway who asks, and the certificate that the client
 * showed, whatever it is worth. '' for all other upstreams.
 */
export function internalLines({ vouchedLines }: Route, { certificate, listener }: RequestContext): string {
  if (vouchedLines === '') return '';
  if (certificate === null) return vouchedLines;
  const chain = certificate.chain.map((der) => `:${Buffer.from(der).toString('base64')}:`).join(', ');
  const chainLine = chain === '' ? '' : `\r\nClient-Cert-Chain: ${fieldValue(chain)}`;
  return `${vouchedLines}\r\nClient-Cert: ${fieldValue(certificate.field)}${chainLine}\r\nPortcullis-Listener: ${fieldValue(listener)}`;
}
