import type { TLSSocket } from 'node:tls';
import { ClientCertificate } from '../core/certificate.ts';

/** Certificates beside the client's own that are looked at. */
const MAX_CHAIN = 8;

/**
 * A revocation list of nobody. OpenSSL gets it with the authorities and then concludes of every certificate that the
 * list of its issuer is missing.
 *
 * Safety: Node hands out the certificates that came with the client's own only where OpenSSL concluded against it. What
 * it concludes lets nobody in: the paths of each API are checked by themselves, see lib/x509/path.ts.
 */
export const LIST_OF_NOBODY = `-----BEGIN X509 CRL-----
MIGWMD8wCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGbm9ib2R5Fw0yNjExMjYwOTM1
MTZaGA8yMTI2MTEwMjA5MzUxNlowCgYIKoZIzj0EAwIDRwAwRAIgAr2vMZKfhN8X
p5MoCkS4hM52ZetMxejWH7O5URTFKyICIE/ujVT3ua9dX1MO/IR4yahw6MCIWQqT
Fxl7G0y8kzJY
-----END X509 CRL-----
`;

/**
 * The certificate that the client showed in the handshake; null where it showed none.
 *
 * Call once per connection: Node gives the rest of the chain away with the first call.
 */
export function handshakeCertificate(socket: TLSSocket): ClientCertificate | null {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return null;
  const chain: Uint8Array[] = [];
  for (let next = leaf.issuerCertificate; next !== undefined; next = next.issuerCertificate) {
    if (chain.length === MAX_CHAIN) break;
    chain.push(new Uint8Array(next.raw));
  }
  // The types say it is an error; it is the code of one.
  const verdict = String(socket.authorizationError ?? '');
  return new ClientCertificate(new Uint8Array(leaf.raw), chain, false, verdict);
}
