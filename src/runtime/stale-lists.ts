import { reputationAges } from '../config/reputation-lists.ts';
import type { Notice } from '../core/notices.ts';
import type { LoadedConfig } from './config-source.ts';

/** The notices about reputation lists that are older than they should be: one for each state of the file. */
export function staleLists(
  { config, material }: Pick<LoadedConfig, 'config' | 'material'>,
  nowMs: number,
): readonly Notice[] {
  return reputationAges(config, material.reputationLists, nowMs)
    .filter(({ isStale }) => isStale)
    .map(({ file, entries, changedAtMs }) => {
      const changedAt = new Date(changedAtMs).toISOString();
      return {
        kind: 'reputation.stale',
        dedupeKey: `${changedAt} ${file}`.slice(0, 200),
        payload: { file, entries, changedAt },
      };
    });
}
