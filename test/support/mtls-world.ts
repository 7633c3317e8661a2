import { ClientCertificate } from '../../src/core/certificate.ts';
import { windowsOnly } from '../../src/core/limits.ts';
import type { CertificateStatuses, StatusAnswer, StatusQuestion } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { TrustFiles } from '../../src/core/trust.ts';
import { type Authority, parseAuthorities } from '../../src/lib/x509/authority.ts';
import { parseRevocationList, type RevocationList } from '../../src/lib/x509/crl.ts';
import type { PathCertificate } from '../../src/lib/x509/path-certificate.ts';
import { pemBlocks } from '../../src/lib/x509/pem.ts';
import { authentication } from '../../src/stages/authentication/authentication.ts';
import { fakePorts, request, routeFacts } from './authentication-world.ts';
import type { Signed, TestPki } from './pki.ts';

/** Files that configurations of tests name. */
export interface TestFiles {
  readonly authorities?: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, string>>;
  /** Authorities of the listener `web`. */
  readonly listener?: string;
}

/** A responder that says what a test wants. */
export class FakeStatuses implements CertificateStatuses {
  version = 0;
  readonly asked: StatusQuestion[] = [];
  answer: Partial<StatusAnswer> = {};
  isSlow = false;

  ask(question: StatusQuestion): StatusAnswer | Promise<StatusAnswer> {
    this.asked.push(question);
    const answer: StatusAnswer = {
      status: 'good',
      untilMs: Number.POSITIVE_INFINITY,
      problem: '',
      ...this.answer,
    };
    return this.isSlow ? Promise.resolve(answer) : answer;
  }
}

export function trustOf({ authorities = {}, lists = {}, listener }: TestFiles): TrustFiles {
  const open = (pem: string) => parseAuthorities(pem) as PathCertificate[];
  const always = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
  const own: Authority[] =
    listener === undefined ? [] : open(listener).map((certificate) => ({ certificate, ...always }));
  return {
    authorities: (file) => open(authorities[file] ?? ''),
    revocationList: (file) => listOf(lists[file] ?? ''),
    reputationList: () => null,
    countryList: () => null,
    listeners: new Map(listener === undefined ? [] : [['web', own]]),
    hasSource: true,
  };
}

export function listOf(pem: string): RevocationList {
  const list = parseRevocationList((pemBlocks(pem, 'X509 CRL') as Uint8Array[])[0] as Uint8Array);
  if ('why' in list) throw new Error(list.why);
  return list;
}

/** The certificate as the handshake gives it. */
export function shown(client: Signed, ...sent: readonly TestPki[]): ClientCertificate {
  return new ClientCertificate(
    client.der,
    sent.map(({ self }) => self.der),
    false,
    'UNABLE_TO_GET_CRL',
  );
}

/** Routes that authenticate by certificate, and a clock of today. */
export function mtlsWorld(files: TestFiles) {
  const world = fakePorts();
  world.clock.time = Date.now();
  const statuses = new FakeStatuses();
  const ports = { ...world.ports, certificateStatuses: statuses };
  const trust = trustOf(files);
  const facts = routeFacts({
    trust,
    tiers: new Map([['pro', windowsOnly({ perMinute: 1, perHour: 1, perDay: 1 })]]),
  });
  const checkOf = (block: object) =>
    authentication.compile(authentication.schema.parse(block), facts, ports).head as NonNullable<
      ReturnType<typeof authentication.compile>['head']
    >;
  const decide = async (
    block: object | ReturnType<typeof checkOf>,
    certificate: ClientCertificate | null,
    fields: readonly string[] = [],
  ) => {
    const check = 'run' in block ? (block as ReturnType<typeof checkOf>) : checkOf(block);
    const ctx = request(fields, certificate === null ? {} : { certificate });
    const decision = await check.run(ctx);
    const { reason, status, detail, headers } = decision;
    const { principal, claimedCredential } = ctx;
    return { reason, status, detail, headers, principal: principal as Principal | null, claimedCredential };
  };
  return { ...world, statuses, checkOf, decide };
}
