import type { KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateFacts, parseCertificate } from './certificate.ts';
import { hexOf } from './der-values.ts';
import { openX509 } from './open-x509.ts';
import { isAcceptableKey, parseSignatureAlgorithm } from './signature-algorithms.ts';

/** A certificate that can be part of a path: as we read it, and as OpenSSL does. */
export class PathCertificate {
  readonly facts: CertificateFacts;
  readonly key: KeyObject;
  /** Names by which issuers are found, as hexadecimal of their encoding. */
  readonly subjectKey: string;
  readonly issuerKey: string;
  readonly #x509: X509Certificate;
  #hasGoodKey: boolean | null = null;

  private constructor(facts: CertificateFacts, x509: X509Certificate) {
    this.facts = facts;
    this.#x509 = x509;
    this.key = x509.publicKey;
    this.subjectKey = hexOf(facts.subjectDer);
    this.issuerKey = hexOf(facts.issuerDer);
  }

  /** Null when either reader does not take the certificate. */
  static open(der: Uint8Array, known: CertificateFacts | null = null): PathCertificate | null {
    const facts = known ?? parseCertificate(der);
    const x509 = facts === null ? null : openX509(facts.der);
    if (facts === null || x509 === null) return null;
    try {
      return new PathCertificate(facts, x509);
    } catch {
      // A key of a kind that OpenSSL does not know.
      return null;
    }
  }

  /** Whether key and signature are none of those that can be forged or cost too much. */
  get isStrong(): boolean {
    return this.hasGoodKey && parseSignatureAlgorithm(this.facts.signatureAlgorithm) !== null;
  }

  get hasGoodKey(): boolean {
    this.#hasGoodKey ??= isAcceptableKey(this.key);
    return this.#hasGoodKey;
  }

  /** Whether the other one signed this one. Cost: one signature verification. */
  isSignedBy(issuer: PathCertificate): boolean {
    try {
      return this.#x509.checkIssued(issuer.#x509) && this.#x509.verify(issuer.key);
    } catch {
      return false;
    }
  }
}
