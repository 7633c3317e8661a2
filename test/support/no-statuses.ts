import type { CertificateStatuses } from '../../src/core/ports.ts';

/** Nobody can be asked about certificates. */
export const NO_STATUSES: CertificateStatuses = {
  version: 0,
  ask: () => ({ status: 'unavailable', untilMs: 0, problem: 'Nobody can be asked.' }),
};
