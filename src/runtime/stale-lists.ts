import { accessListAges } from '../config/access-lists.ts';
import type { Notice } from '../core/notices.ts';
import type { LoadedConfig } from './config-source.ts';

/** The notices about lists that are older than they should be: one for each state of the file. */
export function staleLists(
  { config, material }: Pick<LoadedConfig, 'config' | 'material'>,
  nowMs: number,
): readonly Notice[] {
  return accessListAges(config, material, nowMs)
    .filter(({ isStale }) => isStale)
    .map(({ kind, file, entries, changedAtMs }) => {
      const changedAt = new Date(changedAtMs).toISOString();
      return {
        kind: `${kind}.stale`,
        dedupeKey: `${changedAt} ${file}`.slice(0, 200),
        payload: { file, entries, changedAt },
      };
    });
}
