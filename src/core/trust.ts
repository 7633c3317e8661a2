import type { Authority } from '../lib/x509/authority.ts';
import type { RevocationList } from '../lib/x509/crl.ts';
import type { PathCertificate } from '../lib/x509/path-certificate.ts';

/** The certificates and revocation lists that a configuration names, as they were read for it. */
export interface TrustFiles {
  /** The authorities of a file; empty where it could not be read. */
  authorities(file: string): readonly PathCertificate[];
  /** The list of a file; null where it could not be read. */
  revocationList(file: string): RevocationList | null;
  /** The authorities whose certificates each listener asks for, by its name; none for listeners that do not ask. */
  readonly listeners: ReadonlyMap<string, readonly Authority[]>;
  /** Whether any listener can come to know a certificate. */
  readonly hasSource: boolean;
}

/** Nothing was read. */
export const NO_TRUST: TrustFiles = {
  authorities: () => [],
  revocationList: () => null,
  listeners: new Map(),
  hasSource: false,
};
