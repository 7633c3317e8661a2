import { X509Certificate } from 'node:crypto';
import { isSameBytes } from './certificate.ts';

/**
 * Reads a certificate in DER as OpenSSL does; null when it does not take it.
 *
 * Safety: Node looks for PEM text in the bytes first, and so takes another certificate out of the middle of one. What it
 * read must be all of the bytes, or what one certificate says would be vouched for by the signature under another.
 */
export function openX509(der: Uint8Array): X509Certificate | null {
  try {
    const x509 = new X509Certificate(der);
    return isSameBytes(x509.raw, der) ? x509 : null;
  } catch {
    return null;
  }
}
