import type { X509Certificate } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Authority } from '../lib/x509/authority.ts';
import { openX509 } from '../lib/x509/open-x509.ts';
import { AuthoritySet, findPath } from '../lib/x509/path.ts';
import { PathCertificate } from '../lib/x509/path-certificate.ts';

/** A byte sequence as RFC 9440 carries a certificate (RFC 8941, section 3.3.5). */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/;
const MAX_CHAIN = 8;

/** The authorities of certificates that clients show to a listener, by its name. */
export type ListenerAuthorities = (listener: string) => readonly Authority[];

/** What the gateway says about the certificate of the client; the fields are the gateway's own, see proxy/internal-lines.ts. */
interface Shown {
  readonly leaf: PathCertificate | null;
  readonly x509: X509Certificate;
  readonly sent: readonly PathCertificate[];
  readonly listener: string;
}

type Request = KoaContextWithOIDC['req'];

const shown = new WeakMap<Request, Shown | null>();

function bytesOf(item: string): Buffer | null {
  const match = BYTES.exec(item.trim());
  return match === null ? null : Buffer.from(match[1] as string, 'base64');
}

function readShown(request: Request): Shown | null {
  const field = request.headers['client-cert'];
  const der = typeof field === 'string' ? bytesOf(field) : null;
  if (der === null) return null;
  const chain = String(request.headers['client-cert-chain'] ?? '').split(',');
  const sent = chain.slice(0, MAX_CHAIN).flatMap((item) => {
    const bytes = bytesOf(item);
    return bytes === null ? [] : [PathCertificate.open(bytes)].filter((one) => one !== null);
  });
  const listener = String(request.headers['portcullis-listener'] ?? '');
  const x509 = openX509(der);
  return x509 === null ? null : { leaf: PathCertificate.open(der), x509, sent, listener };
}

function shownBy({ req }: KoaContextWithOIDC): Shown | null {
  const known = shown.get(req);
  if (known !== undefined) return known;
  const read = readShown(req);
  shown.set(req, read);
  return read;
}

/** The names of a certificate that one property of a client may be compared with (RFC 8705, section 2.1.2). */
function namesFor(property: string, leaf: PathCertificate): readonly string[] {
  const { subject, names } = leaf.facts;
  switch (property) {
    case 'tls_client_auth_subject_dn':
      return [subject.text];
    case 'tls_client_auth_san_dns':
      return names.dns;
    case 'tls_client_auth_san_uri':
      return names.uri;
    case 'tls_client_auth_san_email':
      return names.email;
    default:
      return [];
  }
}

/** What oidc-provider asks about the certificate of a client (RFC 8705). */
export function certificateFacts(authorities: ListenerAuthorities, nowMs: () => number) {
  return {
    getCertificate: (ctx: KoaContextWithOIDC) => shownBy(ctx)?.x509,
    certificateAuthorized: (ctx: KoaContextWithOIDC): boolean => {
      const found = shownBy(ctx);
      if (found === null || found.leaf === null) return false;
      const trusted = new AuthoritySet(authorities(found.listener));
      const path = findPath(found.leaf, found.sent, trusted, nowMs(), { allowsAnyPurpose: true });
      return typeof path !== 'string';
    },
    certificateSubjectMatches: (ctx: KoaContextWithOIDC, property: string, expected: string): boolean => {
      const leaf = shownBy(ctx)?.leaf;
      return leaf !== undefined && leaf !== null && namesFor(property, leaf).includes(expected);
    },
  };
}
