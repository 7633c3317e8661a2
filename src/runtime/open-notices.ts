import type { GatewayConfig } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import type { Database } from '../stores/sql/open-database.ts';
import { NoticeBoard } from './notice-board.ts';
import type { StandingProblems } from './standing-problems.ts';
import { dueSecrets } from './webhook-secret-ages.ts';

/** Opens the board of notices of a gateway; `configInForce` is asked anew whenever something is told. */
export function openNotices(
  database: Database,
  clock: Clock,
  problems: StandingProblems,
  journalPath: string,
  configInForce: () => GatewayConfig,
): NoticeBoard {
  return new NoticeBoard({
    store: database.notices,
    clock,
    problems,
    journalPath,
    webhooks: () => configInForce().notices.webhooks,
    due: (nowMs) => dueSecrets(configInForce(), nowMs),
  });
}
