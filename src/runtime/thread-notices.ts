import type { Notice, Notices } from '../core/notices.ts';

/** Notices that a thread remembers having raised. */
const MAX_KNOWN = 1_024;

/** Hands what a thread raises to the main thread; what was raised a moment ago is not sent again. */
export function threadNotices(send: (notice: Notice) => void): Notices {
  const known = new Set<string>();
  return {
    raise(notice) {
      const key = `${notice.kind} ${notice.dedupeKey}`;
      if (known.has(key)) return;
      if (known.size >= MAX_KNOWN) known.clear();
      known.add(key);
      send(notice);
    },
  };
}
