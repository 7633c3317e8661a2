import type { ClientCertificate } from '../../core/certificate.ts';
import type { Ports } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import { DAY_MS } from '../../lib/time/day.ts';

/** Days before the end of a certificate in use at which somebody is told. */
const TOLD_AT_DAYS = [14, 30, 60];
const MAX_TOLD = 1_000;

/** What was raised by this thread; what is forgotten is raised again, and kept once all the same. */
const told = new Set<string>();

/** Tells that the certificate of a caller ends soon, once per threshold. */
export function tellOfEnd(
  { thumbprint, serial, notAfterMs }: ClientCertificate,
  { subject, issuer }: Principal,
  nowMs: number,
  notices: Ports['notices'],
): void {
  const days = Math.floor((notAfterMs - nowMs) / DAY_MS);
  const threshold = TOLD_AT_DAYS.find((limit) => days < limit);
  if (threshold === undefined) return;
  const dedupeKey = `client-certificate ${thumbprint} ${threshold}`;
  if (told.has(dedupeKey)) return;
  if (told.size >= MAX_TOLD) told.clear();
  told.add(dedupeKey);
  const until = new Date(notAfterMs).toISOString();
  const payload = { what: 'client-certificate', user: subject, issuer, serial, until, daysLeft: days };
  notices.raise({ kind: 'certificate.expires-soon', dedupeKey, payload });
}
