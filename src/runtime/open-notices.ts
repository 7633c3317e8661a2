import type { Clock } from '../core/ports.ts';
import type { Database } from '../stores/sql/open-database.ts';
import type { GatewayState } from './gateway-state.ts';
import { NoticeBoard } from './notice-board.ts';
import { staleLists } from './stale-lists.ts';
import type { StandingProblems } from './standing-problems.ts';
import { dueSecrets } from './webhook-secret-ages.ts';

/** Opens the board of notices of a gateway, which tells by the configuration in force. */
export function openNotices(
  state: GatewayState,
  database: Database,
  clock: Clock,
  problems: StandingProblems,
): NoticeBoard {
  return new NoticeBoard({
    store: database.notices,
    clock,
    problems,
    journalPath: state.loaded.config.journal.path,
    webhooks: () => state.loaded.config.notices.webhooks,
    due: (nowMs) => [...dueSecrets(state.loaded.config, nowMs), ...staleLists(state.loaded, nowMs)],
  });
}
