import type { Clock } from '../core/ports.ts';
import type { Database } from '../stores/sql/open-database.ts';
import { AdaptiveWatch } from './adaptive-watch.ts';
import type { GatewayState } from './gateway-state.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { StandingProblems } from './standing-problems.ts';
import type { Supervisor } from './supervisor.ts';

/** What adaptive limits use of a gateway. */
export interface AdaptiveUses {
  readonly database: Database;
  readonly clock: Clock;
  readonly problems: StandingProblems;
  readonly notices: NoticeBoard;
}

/** Opens the adaptive limits of a gateway, which go by the configuration in force. */
export function openAdaptive(
  state: GatewayState,
  { database, clock, problems, notices }: AdaptiveUses,
  supervisor: () => Supervisor,
): AdaptiveWatch {
  return new AdaptiveWatch({
    config: () => state.loaded.config.adaptive,
    clock,
    actions: database.adaptive,
    problems,
    raise: (notice) => notices.hear(notice),
    collect: () => supervisor().windows(),
    publish: (adaptive) => supervisor().broadcast({ type: 'adaptive', state: adaptive }),
  });
}
