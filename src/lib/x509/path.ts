import type { Authority } from './authority.ts';
import { isSameBytes } from './certificate.ts';
import { KEY_USAGE, PURPOSE } from './extensions.ts';
import type { PathCertificate } from './path-certificate.ts';

/** Authorities between a certificate and the one it ends at. */
const MAX_BETWEEN = 5;
/** Signatures that are verified for one certificate, whatever comes with it. */
const MAX_VERIFICATIONS = 10;

/** Why there is no path. */
export type PathFault =
  | 'unreadable'
  | 'untrusted'
  | 'expired'
  | 'not-yet-valid'
  | 'purpose'
  | 'is-authority'
  | 'no-authority'
  | 'path-length'
  | 'authority-time'
  | 'weak'
  | 'critical'
  | 'constraints'
  | 'signature'
  | 'effort';

/** A way from a certificate to an authority. */
export interface Path {
  /** The certificate first, the authority last. */
  readonly certificates: readonly PathCertificate[];
  /** Epoch milliseconds; valid from the first to before the last. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PathRules {
  /** Whether a certificate without extendedKeyUsage counts as one for every purpose (RFC 5280, 4.2.1.12). */
  readonly allowsAnyPurpose: boolean;
}

/** The authorities of one place of the configuration, found by name. */
export class AuthoritySet {
  readonly authorities: readonly Authority[];
  readonly #bySubject = new Map<string, Authority[]>();

  constructor(authorities: readonly Authority[]) {
    this.authorities = authorities;
    for (const authority of authorities) {
      const { subjectKey } = authority.certificate;
      const same = this.#bySubject.get(subjectKey);
      if (same === undefined) this.#bySubject.set(subjectKey, [authority]);
      else same.push(authority);
    }
  }

  named(subjectKey: string): readonly Authority[] {
    return this.#bySubject.get(subjectKey) ?? [];
  }
}

/**
 * Finds a path from a client's certificate to one of the authorities (RFC 5280, section 6.1), or says why there is none.
 *
 * Safety: names are compared byte by byte. What is not processed refuses: name constraints, and critical extensions that
 * are none of those in `extensions.ts`. Every authority on the way, the last one included, is valid now, may sign
 * certificates, and allows the length. Several of one name are all tried, within a bound of signatures.
 */
export function findPath(
  leaf: PathCertificate,
  sent: readonly PathCertificate[],
  authorities: AuthoritySet,
  nowMs: number,
  rules: PathRules,
): Path | PathFault {
  const fault = leafFault(leaf, nowMs, rules);
  return fault ?? new PathSearch(sent, authorities, nowMs).from(leaf);
}

function leafFault(leaf: PathCertificate, nowMs: number, rules: PathRules): PathFault | null {
  const { facts } = leaf;
  if (nowMs < facts.notBeforeMs) return 'not-yet-valid';
  if (nowMs > facts.notAfterMs) return 'expired';
  if (facts.isAuthority) return 'is-authority';
  if (!leaf.isStrong) return 'weak';
  if (facts.unknownCritical.length > 0) return 'critical';
  if (facts.keyUsage !== null && (facts.keyUsage & KEY_USAGE.digitalSignature) === 0) return 'purpose';
  if (facts.purposes === null) return rules.allowsAnyPurpose ? null : 'purpose';
  return isForClients(facts.purposes) ? null : 'purpose';
}

function isForClients(purposes: readonly string[]): boolean {
  return purposes.includes(PURPOSE.clientAuth) || purposes.includes(PURPOSE.any);
}

/** One search, with what it may still spend. */
class PathSearch {
  readonly #sent: readonly PathCertificate[];
  readonly #authorities: AuthoritySet;
  readonly #nowMs: number;
  #verifications = 0;
  /** The first fault that says more than that nobody is known by the name. */
  #fault: PathFault = 'untrusted';

  constructor(sent: readonly PathCertificate[], authorities: AuthoritySet, nowMs: number) {
    this.#sent = sent;
    this.#authorities = authorities;
    this.#nowMs = nowMs;
  }

  from(leaf: PathCertificate): Path | PathFault {
    return this.#extend([leaf]) ?? this.#fault;
  }

  #extend(path: readonly PathCertificate[]): Path | null {
    const last = path.at(-1) as PathCertificate;
    for (const authority of this.#authorities.named(last.issuerKey)) {
      const isInTime = this.#nowMs >= authority.fromMs && this.#nowMs < authority.untilMs;
      if (!isInTime) this.#note('authority-time');
      else if (this.#isIssuedBy(last, authority.certificate, path.length - 1, true))
        return pathOf(path, authority);
    }
    if (path.length > MAX_BETWEEN) return null;
    for (const next of this.#sent) {
      if (next.subjectKey !== last.issuerKey || path.some((other) => isSame(other, next))) continue;
      if (!this.#isIssuedBy(last, next, path.length - 1, false)) continue;
      const found = this.#extend([...path, next]);
      if (found !== null) return found;
    }
    return null;
  }

  #isIssuedBy(
    certificate: PathCertificate,
    issuer: PathCertificate,
    between: number,
    isLast: boolean,
  ): boolean {
    const fault = authorityFault(issuer, between, this.#nowMs, isLast);
    if (fault !== null) return this.#note(fault);
    if (++this.#verifications > MAX_VERIFICATIONS) return this.#note('effort');
    return certificate.isSignedBy(issuer) || this.#note('signature');
  }

  #note(fault: PathFault): false {
    if (this.#fault === 'untrusted') this.#fault = fault;
    return false;
  }
}

/** Why a certificate cannot be that of an authority with `between` others below it; null when it can. */
function authorityFault(
  issuer: PathCertificate,
  between: number,
  nowMs: number,
  isLast: boolean,
): PathFault | null {
  const { facts } = issuer;
  const mayNotSign = facts.keyUsage !== null && (facts.keyUsage & KEY_USAGE.keyCertSign) === 0;
  if (!facts.isAuthority || mayNotSign) return 'no-authority';
  if (facts.pathLength >= 0 && between > facts.pathLength) return 'path-length';
  if (nowMs < facts.notBeforeMs || nowMs > facts.notAfterMs) return 'authority-time';
  if (facts.hasNameConstraints) return 'constraints';
  if (facts.unknownCritical.length > 0) return 'critical';
  // What an authority's own purposes leave out, the certificates below it cannot have.
  if (facts.purposes !== null && !isForClients(facts.purposes)) return 'purpose';
  // Who signed the last one is nobody's concern: the operator listed it.
  return (isLast ? issuer.hasGoodKey : issuer.isStrong) ? null : 'weak';
}

function isSame(one: PathCertificate, other: PathCertificate): boolean {
  return one === other || isSameBytes(one.facts.der, other.facts.der);
}

function pathOf(path: readonly PathCertificate[], authority: Authority): Path {
  const certificates = [...path, authority.certificate];
  return {
    certificates,
    fromMs: Math.max(authority.fromMs, ...certificates.map(({ facts }) => facts.notBeforeMs)),
    untilMs: Math.min(authority.untilMs, ...certificates.map(({ facts }) => facts.notAfterMs + 1)),
  };
}
