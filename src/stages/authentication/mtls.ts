import type { ClientCertificate } from '../../core/certificate.ts';
import type { RequestContext } from '../../core/context.ts';
import { Decision, deny } from '../../core/decision.ts';
import type { Clock, Ports, StatusAnswer } from '../../core/ports.ts';
import { NO_ATTRIBUTES, Principal } from '../../core/principal.ts';
import type { TrustFiles } from '../../core/trust.ts';
import type { CertificateFacts } from '../../lib/x509/certificate.ts';
import type { Path } from '../../lib/x509/path.ts';
import type { CredentialMethod } from './method.ts';
import type { MtlsConfig } from './mtls.schema.ts';
import { type Caller, Callers } from './mtls-callers.ts';
import { tellOfEnd } from './mtls-notices.ts';
import type { CertificateProblem, CertificateRefusals } from './mtls-refusals.ts';
import { Trust } from './mtls-trust.ts';
import { Revocation } from './revocation.ts';

/** How long a refusal stays without being looked at again. */
const REFUSED_MS = 10_000;
/** Characters of a thumbprint that name a certificate to people. */
const SHORT = 16;

/** One entry of the configuration, compiled. */
interface Entry {
  readonly bit: number;
  readonly trust: Trust;
  readonly callers: Callers;
  readonly revocation: Revocation | null;
}

/** An entry that a certificate meets, before anybody was asked whether it was revoked. */
interface Candidate {
  readonly entry: Entry;
  readonly path: Path;
  readonly caller: Caller;
}

/** What is known of the certificate of a connection. */
interface Known {
  readonly verdict: Principal | Decision;
  readonly listener: string;
  readonly untilMs: number;
  readonly statusVersion: number;
}

/** Compiles an entry of the configuration. */
export function compileEntry(config: MtlsConfig, bit: number, trust: TrustFiles, ports: Ports): Entry {
  const { revocation } = config;
  return {
    bit,
    trust: new Trust(config, trust),
    callers: new Callers(config),
    revocation: revocation === null ? null : new Revocation(revocation, trust, ports.certificateStatuses),
  };
}

/**
 * Authentication by the certificate that the client showed, of one or more entries.
 *
 * Cost: a lookup for a connection that was seen before; else a path is searched, and an answer waited for where a
 * responder must be asked.
 * Safety: what was found out is kept with the certificate of the connection, for this plan, until the first moment at
 * which it could be otherwise. Among entries that a certificate meets the first one names the caller; another one counts
 * only where it says the same of the caller, so that nobody gets the rights of one by what another one asks for.
 */
export class MtlsMethod implements CredentialMethod {
  readonly #entries: readonly Entry[];
  readonly #clock: Clock;
  readonly #statuses: Ports['certificateStatuses'];
  readonly #notices: Ports['notices'];
  readonly #refusals: CertificateRefusals;
  readonly #known = new WeakMap<ClientCertificate, Known>();
  readonly #bits = new WeakMap<Principal, number>();
  #unavailable: Decision | null = null;

  constructor(entries: readonly Entry[], ports: Ports, refusals: CertificateRefusals) {
    this.#entries = entries;
    this.#clock = ports.clock;
    this.#statuses = ports.certificateStatuses;
    this.#notices = ports.notices;
    this.#refusals = refusals;
  }

  find(ctx: RequestContext): string | null {
    return ctx.certificate === null ? null : ctx.certificate.thumbprint;
  }

  verify(_thumbprint: string, ctx: RequestContext): Principal | Decision | Promise<Principal | Decision> {
    const certificate = ctx.certificate as ClientCertificate;
    const nowMs = this.#clock.nowMs();
    const known = this.#known.get(certificate);
    if (
      known !== undefined &&
      nowMs < known.untilMs &&
      known.listener === ctx.listener &&
      known.statusVersion === this.#statuses.version
    ) {
      return told(known.verdict, certificate, ctx);
    }
    const found = this.#candidates(certificate, ctx.listener, nowMs);
    if (typeof found === 'string') {
      const verdict = this.#refusals[found];
      this.#keep(certificate, ctx, verdict, nowMs + REFUSED_MS);
      return told(verdict, certificate, ctx);
    }
    const answers = found.map(({ entry, path }) => entry.revocation?.check(path, nowMs) ?? null);
    if (!answers.some((answer) => answer instanceof Promise)) {
      return this.#conclude(found, answers as (StatusAnswer | null)[], certificate, ctx, nowMs);
    }
    return Promise.all(answers).then((all) => this.#conclude(found, all, certificate, ctx, nowMs));
  }

  entriesOf(principal: Principal): number {
    return this.#bits.get(principal) ?? 0;
  }

  /** The entries that the certificate meets, or what the first one has against it. */
  #candidates(
    certificate: ClientCertificate,
    listener: string,
    nowMs: number,
  ): Candidate[] | CertificateProblem {
    let problem: CertificateProblem | null = null;
    const found: Candidate[] = [];
    for (const entry of this.#entries) {
      const path = entry.trust.find(certificate, listener, nowMs);
      const caller =
        typeof path === 'string'
          ? path
          : entry.callers.find(certificate, certificate.facts as CertificateFacts);
      if (typeof path !== 'string' && typeof caller !== 'string') found.push({ entry, path, caller });
      // That nobody vouches for it says less than what somebody who does has against it.
      else if (problem === null || problem === 'untrusted') problem = caller as CertificateProblem;
    }
    return found.length === 0 ? (problem ?? 'untrusted') : found;
  }

  /** Safety: one that an entry knows to be revoked is refused, whatever entries that do not look it up say. */
  #conclude(
    found: readonly Candidate[],
    answers: readonly (StatusAnswer | null)[],
    certificate: ClientCertificate,
    ctx: RequestContext,
    nowMs: number,
  ): Principal | Decision {
    const statusOf = (wanted: StatusAnswer['status']) => answers.find((answer) => answer?.status === wanted);
    const bad = statusOf('revoked') ?? statusOf('unknown');
    if (bad !== undefined && bad !== null) {
      const verdict = this.#refusals[bad.status === 'revoked' ? 'revoked' : 'unknown'];
      this.#keep(certificate, ctx, verdict, nowMs + REFUSED_MS);
      return told(verdict, certificate, ctx);
    }
    const missing = statusOf('unavailable');
    if (missing !== undefined && missing !== null) return this.#unavailableBecause(missing.problem);
    const principal = this.#principalOf(found, certificate);
    const untilMs = Math.min(
      ...found.map(({ path }) => path.untilMs),
      ...answers.map((answer) => answer?.untilMs ?? Number.POSITIVE_INFINITY),
    );
    this.#keep(certificate, ctx, principal, untilMs);
    tellOfEnd(certificate, principal, nowMs, this.#notices);
    return principal;
  }

  #keep(
    certificate: ClientCertificate,
    { listener }: RequestContext,
    verdict: Known['verdict'],
    untilMs: number,
  ): void {
    this.#known.set(certificate, { verdict, listener, untilMs, statusVersion: this.#statuses.version });
  }

  #principalOf(found: readonly Candidate[], certificate: ClientCertificate): Principal {
    const [first] = found as [Candidate];
    const { subject, tier, scopes, roles } = first.caller;
    const { issuer } = certificate.facts as CertificateFacts;
    const principal = new Principal({
      type: 'service',
      method: 'mtls',
      methods: 'mtls',
      subject,
      credentialId: certificate.thumbprint.slice(0, SHORT),
      keyId: '',
      clientId: '',
      issuer: issuer.text,
      scopes: new Set(scopes),
      roles: new Set(roles),
      attributes: NO_ATTRIBUTES,
      tier,
      grant: null,
      counterKey: `mtls:${subject}`,
    });
    let bits = 0;
    const same = JSON.stringify(first.caller);
    for (const { entry, caller } of found) if (JSON.stringify(caller) === same) bits |= entry.bit;
    this.#bits.set(principal, bits);
    return principal;
  }

  #unavailableBecause(detail: string): Decision {
    if (this.#unavailable?.detail !== detail) this.#unavailable = deny('authn.unavailable', { detail });
    return this.#unavailable;
  }
}

/** The start of the thumbprint names a refused certificate to the journal. */
function told(
  verdict: Principal | Decision,
  certificate: ClientCertificate,
  ctx: RequestContext,
): Principal | Decision {
  if (verdict instanceof Decision) ctx.claimedCredential = certificate.thumbprint.slice(0, 8);
  return verdict;
}
