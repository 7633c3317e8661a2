import type { ControlServices } from '../control/services.ts';
import type { GatewayState } from './gateway-state.ts';
import { keyCourier } from './key-courier.ts';
import { KeyLife } from './key-life.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { StandingProblems } from './standing-problems.ts';

/** Who watches over the keys of a gateway. */
export function openKeyLife(
  state: GatewayState,
  services: ControlServices,
  problems: StandingProblems,
  notices: NoticeBoard,
): KeyLife {
  return new KeyLife({
    services,
    problems,
    settings: () => state.loaded.config.keys,
    deliver: keyCourier(() => state.loaded.config),
    raise: (notice) => notices.raise(notice),
  });
}
