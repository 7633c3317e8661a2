import type { ControlServices } from '../control/services.ts';
import { ExceptionLife } from './exception-life.ts';
import type { GatewayState } from './gateway-state.ts';
import { keyCourier } from './key-courier.ts';
import { KeyLife } from './key-life.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { StandingProblems } from './standing-problems.ts';

/** Watches over records that end. */
export interface RecordLife {
  start(): void;
  /** Resolves when nothing of this uses the store any more. */
  close(): Promise<void>;
}

/** Who watches over the keys of a gateway, and over its exceptions from limits. */
export function openRecordLife(
  state: GatewayState,
  services: ControlServices,
  problems: StandingProblems,
  notices: NoticeBoard,
): RecordLife {
  const raise = notices.raise.bind(notices);
  const { clock, limitExceptions: store } = services;
  const keys = new KeyLife({
    services,
    problems,
    settings: () => state.loaded.config.keys,
    deliver: keyCourier(() => state.loaded.config),
    raise,
  });
  const exceptions = new ExceptionLife({ clock, store, problems, raise });
  return {
    start() {
      keys.start();
      exceptions.start();
    },
    async close() {
      await Promise.all([keys.close(), exceptions.close()]);
    },
  };
}
