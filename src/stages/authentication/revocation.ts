import type { CertificateStatuses, StatusAnswer } from '../../core/ports.ts';
import type { TrustFiles } from '../../core/trust.ts';
import type { RevocationList } from '../../lib/x509/crl.ts';
import { hexOf } from '../../lib/x509/der-values.ts';
import { KEY_USAGE } from '../../lib/x509/extensions.ts';
import type { Path } from '../../lib/x509/path.ts';
import type { PathCertificate } from '../../lib/x509/path-certificate.ts';
import { isHttpUrl } from '../../lib/x509/responder-url.ts';
import { hasSerial } from '../../lib/x509/serial-table.ts';
import { isSignedWith } from '../../lib/x509/signed-bytes.ts';
import type { RevocationConfig } from './revocation.schema.ts';

const NEVER = Number.POSITIVE_INFINITY;
const GOOD: StatusAnswer = { status: 'good', untilMs: NEVER, problem: '' };

/** How long what is missing stays so without being looked for again. */
const MISSING_MS = 5_000;
const MAX_SIGNERS = 64;

/** Whether an authority signed a list: found out once per list and key, because it costs reading all of the list. */
const signers = new WeakMap<RevocationList, Map<string, boolean>>();

/** RFC 5280, 6.3.3 (f): by a key that may sign lists. */
function isFrom(list: RevocationList, { key, facts }: PathCertificate): boolean {
  if (facts.keyUsage !== null && (facts.keyUsage & KEY_USAGE.crlSign) === 0) return false;
  const known = signers.get(list) ?? new Map<string, boolean>();
  signers.set(list, known);
  const id = hexOf(facts.keyInfo);
  const verdict = known.get(id) ?? isSignedWith(list, key);
  if (known.size >= MAX_SIGNERS) known.clear();
  known.set(id, verdict);
  return verdict;
}

/**
 * Finds out whether a certificate of a path was revoked, by lists and by asking.
 *
 * Safety: revoked is what either says. Good is what the responder says or, where it cannot be asked, a list in force. The
 * authority that the path ends at is the operator's own choice and not looked up.
 */
export class Revocation {
  readonly #config: RevocationConfig;
  readonly #lists: readonly RevocationList[];
  readonly #statuses: CertificateStatuses;

  constructor(config: RevocationConfig, trust: TrustFiles, statuses: CertificateStatuses) {
    this.#config = config;
    this.#lists = (config.crl ?? [])
      .map((file) => trust.revocationList(file))
      .filter((list) => list !== null);
    this.#statuses = statuses;
  }

  check({ certificates }: Path, nowMs: number): StatusAnswer | Promise<StatusAnswer> {
    const covered = this.#config.covers === 'client' ? 1 : certificates.length - 1;
    const answers: (StatusAnswer | Promise<StatusAnswer>)[] = [];
    for (let at = 0; at < covered; at++) {
      answers.push(
        this.#ask(certificates[at] as PathCertificate, certificates[at + 1] as PathCertificate, nowMs),
      );
    }
    const known = answers.filter((answer): answer is StatusAnswer => !(answer instanceof Promise));
    // What one of them is known to be revoked by needs no other answer.
    if (known.length === answers.length || known.some(({ status }) => status === 'revoked'))
      return this.#worst(known);
    return Promise.all(answers).then((all) => this.#worst(all));
  }

  #worst(answers: readonly StatusAnswer[]): StatusAnswer {
    const untilMs = Math.min(...answers.map((answer) => answer.untilMs));
    const of = (wanted: StatusAnswer['status']) => answers.find(({ status }) => status === wanted);
    const worst = of('revoked') ?? of('unknown') ?? of('unavailable') ?? GOOD;
    if (worst.status === 'unavailable' && this.#config.onUnavailable === 'allow') return { ...GOOD, untilMs };
    return { ...worst, untilMs };
  }

  #ask(
    certificate: PathCertificate,
    issuer: PathCertificate,
    nowMs: number,
  ): StatusAnswer | Promise<StatusAnswer> {
    const listed = this.#lookUp(certificate, issuer, nowMs);
    const { ocsp } = this.#config;
    if (ocsp === undefined || listed.status === 'revoked') return listed;
    const responder = ocsp.responder ?? certificate.facts.responders.find(isHttpUrl);
    if (responder === undefined) {
      const problem = 'The certificate names no OCSP responder, and `ocsp.responder` is not set.';
      return fallBack({ status: 'unavailable', untilMs: nowMs + MISSING_MS, problem }, listed);
    }
    const { nonce, timeoutMs, maxAgeS } = ocsp;
    const [own, above] = [certificate.facts.der, issuer.facts.der];
    const answer = this.#statuses.ask({
      certificate: own,
      issuer: above,
      responder,
      nonce,
      timeoutMs,
      maxAgeS,
    });
    return answer instanceof Promise
      ? answer.then((told) => fallBack(told, listed))
      : fallBack(answer, listed);
  }

  /** What the lists say. */
  #lookUp({ facts, issuerKey }: PathCertificate, issuer: PathCertificate, nowMs: number): StatusAnswer {
    const named = this.#lists.filter((list) => list.issuerKey === issuerKey && isFrom(list, issuer));
    const isListed = ({ serials: bytes, serialBytes: width, count }: RevocationList) =>
      hasSerial({ bytes, width, count }, facts.serial);
    // What was revoked once stays so, however old the list is.
    if (named.some(isListed)) return { status: 'revoked', untilMs: NEVER, problem: '' };
    const current = named.filter(
      ({ thisUpdateMs, nextUpdateMs }) => thisUpdateMs <= nowMs && nowMs < nextUpdateMs,
    );
    if (current.length > 0) {
      return {
        status: 'good',
        untilMs: Math.max(...current.map(({ nextUpdateMs }) => nextUpdateMs)),
        problem: '',
      };
    }
    return { status: 'unavailable', untilMs: nowMs + MISSING_MS, problem: listProblem(named, issuer, nowMs) };
  }
}

function fallBack(told: StatusAnswer, listed: StatusAnswer): StatusAnswer {
  return told.status === 'unavailable' && listed.status === 'good' ? listed : told;
}

function listProblem(named: readonly RevocationList[], issuer: PathCertificate, nowMs: number): string {
  const name = issuer.facts.subject.text;
  const latest = named.toSorted((a, b) => b.nextUpdateMs - a.nextUpdateMs)[0];
  if (latest === undefined) return `No revocation list is signed by ${name}.`;
  if (latest.thisUpdateMs > nowMs) return `The revocation list of ${name} is not in force yet.`;
  return `The revocation list of ${name} is out of date since ${new Date(latest.nextUpdateMs).toISOString()}.`;
}
