import type { ClientCertificate } from '../../core/certificate.ts';
import type { CertificateFacts } from '../../lib/x509/certificate.ts';
import type { CallerConfig, MtlsConfig } from './mtls.schema.ts';
import { compileNamePattern, type NamePattern, parseThumbprint } from './mtls-patterns.ts';

/** Who shows a certificate, as the configuration has it. */
export interface Caller {
  readonly subject: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export type CallerProblem = 'unmapped' | 'unnamed';

const MAX_SUBJECT = 256;
const UNPRINTABLE = /[\0-\x1f\x7f]/;

/** Names of which a certificate must have one of every kind that is listed. */
class Names {
  readonly #san: readonly NamePattern[] | null;
  readonly #subjects: ReadonlySet<string> | null;
  readonly #thumbprints: ReadonlySet<string> | null;

  constructor({ san, subject, thumbprints }: Pick<CallerConfig, 'san' | 'subject' | 'thumbprints'>) {
    this.#san = san?.map(compileNamePattern) ?? null;
    this.#subjects = subject === undefined ? null : new Set(subject);
    this.#thumbprints =
      thumbprints === undefined ? null : new Set(thumbprints.map((text) => parseThumbprint(text) as string));
  }

  /** The name of subjectAltName that matched, '' where none is asked for; null when something does not match. */
  match(certificate: ClientCertificate): string | null {
    if (this.#thumbprints?.has(certificate.thumbprint) === false) return null;
    if (this.#subjects?.has(certificate.subject) === false) return null;
    if (this.#san === null) return '';
    for (const { kind, matches } of this.#san) {
      const name = certificate.san[kind].find(matches);
      if (name !== undefined) return kind === 'dns' ? name.toLowerCase() : name;
    }
    return null;
  }
}

/** Finds out who a certificate is of. */
export class Callers {
  readonly #config: MtlsConfig;
  readonly #names: Names;
  readonly #rows: readonly { readonly names: Names; readonly config: CallerConfig }[] | null;

  constructor(config: MtlsConfig) {
    this.#config = config;
    this.#names = new Names(config);
    this.#rows = config.callers?.map((row) => ({ names: new Names(row), config: row })) ?? null;
  }

  find(certificate: ClientCertificate, facts: CertificateFacts): Caller | CallerProblem {
    const matched = this.#names.match(certificate);
    if (matched === null) return 'unmapped';
    if (this.#rows === null) return this.#callerOf(certificate, facts, matched, {});
    for (const { names, config } of this.#rows) {
      const name = names.match(certificate);
      if (name !== null) return this.#callerOf(certificate, facts, name || matched, config);
    }
    return 'unmapped';
  }

  #callerOf(
    certificate: ClientCertificate,
    facts: CertificateFacts,
    matched: string,
    row: CallerConfig,
  ): Caller | CallerProblem {
    const subject = row.as ?? this.#subjectOf(certificate, facts, matched);
    if (subject === '' || subject.length > MAX_SUBJECT || UNPRINTABLE.test(subject)) return 'unnamed';
    const { tier = '', scopes = [], roles = [] } = this.#config;
    return { subject, tier: row.tier ?? tier, scopes: row.scopes ?? scopes, roles: row.roles ?? roles };
  }

  /** Safety: where a kind of name is asked for, a certificate with several of them says nobody in particular. */
  #subjectOf(
    { subject, thumbprint, san }: ClientCertificate,
    facts: CertificateFacts,
    matched: string,
  ): string {
    switch (this.#config.subjectFrom) {
      case 'san-uri':
        return onlyOne(san.uri, matched);
      case 'san-dns':
        return onlyOne(
          san.dns.map((name) => name.toLowerCase()),
          matched,
        );
      case 'san-email':
        return onlyOne(san.email, matched);
      case 'cn':
        return onlyOne(facts.subject.commonNames, '');
      case 'subject':
        return subject;
      case 'thumbprint':
        return thumbprint;
      case undefined:
        return matched || subject;
    }
  }
}

/** The one that matched where it is among them, else the only one; '' when there are none, or several. */
function onlyOne(names: readonly string[], matched: string): string {
  if (names.includes(matched)) return matched;
  return names.length === 1 ? (names[0] as string) : '';
}
