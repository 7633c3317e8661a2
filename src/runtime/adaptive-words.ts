import type { AdaptiveAction } from '../core/adaptive-actions.ts';
import type { Notice, NoticeKind } from '../core/notices.ts';

/** The notice about an action. */
export function noticeOf(kind: NoticeKind, action: AdaptiveAction): Notice {
  const { client, isAddress, atMs, untilMs, mode, share, score, drivers } = action;
  const payload = {
    [isAddress ? 'address' : 'principal']: client,
    mode,
    share,
    score: Math.round(score * 1000) / 1000,
    until: new Date(untilMs).toISOString(),
    features: drivers.map(({ feature, was, usual }) => `${feature}: ${was}, usually ${usual}`),
  };
  return { kind, dedupeKey: `${isAddress ? 'address' : 'principal'} ${atMs} ${client}`, payload };
}
