import type { ClientCertificate } from '../../core/certificate.ts';
import type { TrustFiles } from '../../core/trust.ts';
import type { Authority } from '../../lib/x509/authority.ts';
import { AuthoritySet, findPath, type Path, type PathFault } from '../../lib/x509/path.ts';
import { PathCertificate } from '../../lib/x509/path-certificate.ts';
import type { MtlsConfig } from './mtls.schema.ts';

/** How long a certificate that was found wrong stays so without being looked at again. */
const REFUSED_MS = 10_000;

/**
 * What OpenSSL may conclude of a certificate that is good: that it does not know enough, see proxy/handshake-certificate.ts,
 * and what is found out here by itself, for the authorities in force and this moment.
 */
const HARMLESS = new Set([
  '',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'INVALID_PURPOSE',
]);

/** A client's certificate and those that came with it, opened for paths. */
interface Opened {
  readonly leaf: PathCertificate | null;
  readonly sent: readonly PathCertificate[];
}

interface Verdict {
  readonly found: Path | PathFault | 'handshake';
  readonly untilMs: number;
}

const opened = new WeakMap<ClientCertificate, Opened>();

function open(certificate: ClientCertificate): Opened {
  const known = opened.get(certificate);
  if (known !== undefined) return known;
  const leaf = certificate.facts === null ? null : PathCertificate.open(certificate.der, certificate.facts);
  const sent = certificate.chain.map((der) => PathCertificate.open(der)).filter((one) => one !== null);
  const made = { leaf, sent };
  opened.set(certificate, made);
  return made;
}

/** The authorities of one place of the configuration, and what they say about the certificates seen so far. */
class Judge {
  readonly #authorities: AuthoritySet;
  readonly #allowsAnyPurpose: boolean;
  readonly #verdicts = new WeakMap<ClientCertificate, Verdict>();

  constructor(authorities: readonly Authority[], allowsAnyPurpose: boolean) {
    this.#authorities = new AuthoritySet(authorities);
    this.#allowsAnyPurpose = allowsAnyPurpose;
  }

  /** Cost: a lookup for a certificate of a connection that was seen before. */
  find(certificate: ClientCertificate, nowMs: number): Verdict['found'] {
    const known = this.#verdicts.get(certificate);
    if (known !== undefined && nowMs < known.untilMs) return known.found;
    const found = this.#search(certificate, nowMs);
    const untilMs = typeof found === 'string' ? nowMs + REFUSED_MS : found.untilMs;
    this.#verdicts.set(certificate, { found, untilMs });
    return found;
  }

  #search(certificate: ClientCertificate, nowMs: number): Verdict['found'] {
    if (!HARMLESS.has(certificate.tlsVerified)) return 'handshake';
    const { leaf, sent } = open(certificate);
    if (leaf === null) return 'unreadable';
    return findPath(leaf, sent, this.#authorities, nowMs, { allowsAnyPurpose: this.#allowsAnyPurpose });
  }
}

/** The judges of one plan: entries that name the same authorities share one. */
const judges = new WeakMap<TrustFiles, Map<string, Judge>>();

function judgeOf(
  trust: TrustFiles,
  name: unknown,
  authorities: () => readonly Authority[],
  any: boolean,
): Judge {
  const made = judges.get(trust) ?? new Map<string, Judge>();
  judges.set(trust, made);
  const key = JSON.stringify([name, any]);
  const judge = made.get(key) ?? new Judge(authorities(), any);
  made.set(key, judge);
  return judge;
}

/** The authorities of an `mtls` method: its own, or those of the listener that a request came by. */
export class Trust {
  readonly #own: Judge | null;
  readonly #byListener: ReadonlyMap<string, Judge>;

  constructor({ ca, purpose }: MtlsConfig, trust: TrustFiles) {
    const any = purpose === 'ifPresent';
    this.#own =
      ca === null
        ? null
        : judgeOf(
            trust,
            ca.map(({ file, fromMs, untilMs }) => [file, String(fromMs), String(untilMs)]),
            () =>
              ca.flatMap(({ file, fromMs, untilMs }) =>
                trust.authorities(file).map((certificate) => ({ certificate, fromMs, untilMs })),
              ),
            any,
          );
    this.#byListener = new Map(
      [...trust.listeners].map(([name, authorities]) => [name, judgeOf(trust, name, () => authorities, any)]),
    );
  }

  find(certificate: ClientCertificate, listener: string, nowMs: number): Verdict['found'] {
    const judge = this.#own ?? this.#byListener.get(listener);
    return judge === undefined ? 'untrusted' : judge.find(certificate, nowMs);
  }
}
