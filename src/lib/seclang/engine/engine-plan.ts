import type { OperatorHost } from '../operator.ts';
import type { EngineSettings, VariableRef } from '../syntax/rule.ts';
import type { CollectionStore } from './collection-store.ts';
import type { RemovedTarget } from './compiled-rule.ts';
import type { Inspector } from './inspector.ts';
import type { PhasePlan } from './phase-plan.ts';
import type { TxNames } from './tx-names.ts';

/** Rules compiled: what all transactions share. */
export interface EnginePlan {
  readonly settings: EngineSettings;
  readonly host: OperatorHost;
  readonly store: CollectionStore;
  readonly txNames: TxNames;
  /** `TX:MSC_PCRE_LIMITS_EXCEEDED`. */
  readonly limitsSlot: number;
  readonly inspector: Inspector;
  readonly collectionCount: number;
  readonly links: number;
  /** By phase, from 1. */
  readonly phases: readonly PhasePlan[];
  /** By slot of `TX`: what comparisons look at of it. */
  readonly compared: Uint8Array;
  /** Whether what the first rules do can be done once for all requests: nothing reads what they match. */
  readonly canOpen: boolean;
  /** Whether rules that cannot match are passed over; false in tests only. */
  readonly skips: boolean;
  /** What an override takes out of a rule. */
  removedTarget(ref: VariableRef): RemovedTarget;
}
