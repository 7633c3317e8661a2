import { X509Certificate } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** Field by which the gateway hands over the certificate that the client showed in the handshake (RFC 9440). */
export const CLIENT_CERT_FIELD = 'client-cert';

/** Reads the byte sequence of an RFC 9440 field (RFC 8941, section 3.3.5); null for anything else. */
function parseCertificate(field: string): X509Certificate | null {
  const match = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(field.trim());
  if (match === null) return null;
  try {
    return new X509Certificate(Buffer.from(match[1] as string, 'base64'));
  } catch {
    return null;
  }
}

function certificateOf(ctx: KoaContextWithOIDC): X509Certificate | undefined {
  return parseCertificate(ctx.get(CLIENT_CERT_FIELD)) ?? undefined;
}

/** The names of a certificate of one kind, such as `DNS` or `URI`. */
function alternativeNames(certificate: X509Certificate, kind: string): string[] {
  const names: string[] = [];
  // Node quotes a name that has a comma or a quotation mark in it, as JSON does.
  for (const match of (certificate.subjectAltName ?? '').matchAll(
    /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g,
  )) {
    if (match[1] !== kind) continue;
    const value = match[2] as string;
    names.push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return names;
}

const KINDS: Readonly<Record<string, string>> = {
  tls_client_auth_san_dns: 'DNS',
  tls_client_auth_san_uri: 'URI',
  tls_client_auth_san_ip: 'IP Address',
  tls_client_auth_san_email: 'email',
};

/** A subject as RFC 4514 writes it: the last part first. */
function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(',');
}

/** What oidc-provider asks about the certificate of a client (RFC 8705). */
export const certificateFacts = {
  getCertificate: (ctx: KoaContextWithOIDC) => certificateOf(ctx),
  // The gateway hands over only what it has verified or, for self-signed ones, what the client proved to have the key of.
  certificateAuthorized: (ctx: KoaContextWithOIDC) => ctx.get('portcullis-client-verified') === 'yes',
  certificateSubjectMatches: (ctx: KoaContextWithOIDC, property: string, expected: string): boolean => {
    const certificate = certificateOf(ctx);
    if (certificate === undefined) return false;
    const kind = KINDS[property];
    return kind === undefined
      ? property === 'tls_client_auth_subject_dn' && subjectOf(certificate) === expected
      : alternativeNames(certificate, kind).includes(expected);
  },
};
