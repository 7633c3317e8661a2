import { KEY_USAGE } from './extensions.ts';
import { PathCertificate } from './path-certificate.ts';
import { pemBlocks } from './pem.ts';

/** An authority that paths may end at, and when. */
export interface Authority {
  readonly certificate: PathCertificate;
  /** Epoch milliseconds between which it counts. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Why certificates cannot be authorities, as the end of a sentence. */
export interface AuthorityProblem {
  readonly why: string;
}

/** Reads the authorities of a PEM file, each of which must be one that may sign certificates. */
export function parseAuthorities(pem: string): PathCertificate[] | AuthorityProblem {
  const blocks = pemBlocks(pem, 'CERTIFICATE');
  if (blocks === null) return { why: 'has a certificate that is damaged' };
  if (blocks.length === 0) return { why: 'holds no certificate in PEM form' };
  const found: PathCertificate[] = [];
  for (const [at, block] of blocks.entries()) {
    const which = blocks.length === 1 ? 'a certificate' : `a certificate (number ${at + 1})`;
    const certificate = PathCertificate.open(block);
    if (certificate === null) return { why: `has ${which} that is damaged or longer than 16 KiB` };
    const why = faultOf(certificate);
    if (why !== '') return { why: `has ${which} that ${why}: ${certificate.facts.subject.text}` };
    found.push(certificate);
  }
  return found;
}

function faultOf(certificate: PathCertificate): string {
  const { isAuthority, keyUsage } = certificate.facts;
  if (!isAuthority) return 'is not one of an authority (no basicConstraints with CA:TRUE)';
  if (keyUsage !== null && (keyUsage & KEY_USAGE.keyCertSign) === 0)
    return 'may not sign certificates (keyUsage without keyCertSign)';
  return certificate.hasGoodKey ? '' : 'has a key that is too weak';
}
