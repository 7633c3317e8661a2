import { datedFiles, daysLeft, sentenceOf } from '../config/certificate-dates.ts';
import { loadCertificates } from '../config/certificates.ts';
import { loadAuthorities } from '../config/client-authorities.ts';
import type { GatewayConfig } from '../config/config.ts';
import { loadRevocationLists } from '../config/revocation-lists.ts';
import type { WeakSetting } from '../config/weaknesses.ts';

/** Days before the end at which `check` tells of it. */
const TOLD_BEFORE_DAYS = 60;

/** What of a configuration without mistakes ends soon, or has ended. */
export function certificateNotes(config: GatewayConfig, nowMs: number): WeakSetting[] {
  const material = {
    listeners: Object.fromEntries(loadCertificates(config, nowMs).listeners),
    authorities: Object.fromEntries(loadAuthorities(config).pems),
    revocationLists: Object.fromEntries(loadRevocationLists(config).lists),
  };
  return datedFiles(config, material)
    .filter(({ kind, untilMs }) =>
      kind === 'revocation-list' ? untilMs <= nowMs : daysLeft(untilMs, nowMs) < TOLD_BEFORE_DAYS,
    )
    .map((file) => ({ pointer: file.pointer, message: sentenceOf(file, nowMs), level: 'note' }));
}
