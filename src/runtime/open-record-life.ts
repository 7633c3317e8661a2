import type { ControlServices } from '../control/services.ts';
import { ExceptionLife } from './exception-life.ts';
import type { GatewayState } from './gateway-state.ts';
import { keyCourier } from './key-courier.ts';
import { KeyLife } from './key-life.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { ReloadParts } from './reload.ts';
import { WafLife } from './waf-life.ts';

/** Watches over records that end. */
export interface RecordLife {
  /** Resolves when nothing of this uses the store any more. */
  close(): Promise<void>;
}

/** Begins to watch over the keys of a gateway, its exceptions from limits, and its bypasses and trials of the WAF. */
export function startRecordLife(
  state: GatewayState,
  services: ControlServices,
  { problems, rules: book }: Pick<ReloadParts, 'problems' | 'rules'>,
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
  const waf = new WafLife({
    clock,
    stores: services.waf,
    problems,
    raise,
    governance: services.ruleGovernance,
    rules: services.wafRules,
    book,
    distributeTrials: services.distributeTrials,
  });
  for (const one of [keys, exceptions, waf]) one.start();
  return {
    async close() {
      await Promise.all([keys.close(), exceptions.close(), waf.close()]);
    },
  };
}
