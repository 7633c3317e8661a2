import type { GatewayConfig } from '../config/config.ts';
import { createGuardFacts } from '../stores/redis/guard-facts.ts';
import { createAttackFlag } from '../stores/shared/attack-flag.ts';
import { createBehaviourTable } from '../stores/shared/behaviour-table.ts';
import { createCounterTable } from '../stores/shared/counter-table.ts';
import { createLoadTable } from '../stores/shared/load-table.ts';
import { createLoginTable } from '../stores/shared/login-table.ts';
import { createReplayTable } from '../stores/shared/replay-table.ts';
import { clearSlots, createSlotTable, openSlotTable } from '../stores/shared/slot-table.ts';
import { makeNonceSecret } from './nonce-secret.ts';

/** Clients and scopes that may have requests under way at once: thrice the connections that a thread holds by default. */
const SLOT_PLACES = 32_768;

/** Memory that all threads share. */
export interface SharedTables {
  readonly counters: SharedArrayBuffer;
  /** Slots of requests under way, with a count for each data-plane thread. */
  readonly slots: SharedArrayBuffer;
  readonly replay: SharedArrayBuffer;
  /** What is known of the Redis that gateways share. */
  readonly guardFacts: SharedArrayBuffer;
  readonly logins: SharedArrayBuffer;
  readonly behaviours: SharedArrayBuffer;
  readonly loads: SharedArrayBuffer;
  readonly attack: SharedArrayBuffer;
  /** What nonces for DPoP proofs are made of. */
  readonly nonceSecret: Uint8Array;
}

/** Upstreams and routes whose load threads share; those beyond are watched by each thread alone. */
const LOAD_PLACES = 8192;

/** Makes the memory that all threads share; it lives as long as the process. */
export function createTables({
  counters,
  threads,
}: Pick<GatewayConfig, 'counters' | 'threads'>): SharedTables {
  const { clients, replayEntries, logins, watchedClients } = counters;
  return {
    counters: createCounterTable({ clients }),
    slots: createSlotTable({ places: SLOT_PLACES, threads }),
    guardFacts: createGuardFacts(1),
    replay: createReplayTable({ entries: replayEntries }),
    attack: createAttackFlag(threads),
    loads: createLoadTable(LOAD_PLACES, threads),
    logins: createLoginTable({ addresses: logins }),
    behaviours: createBehaviourTable({ clients: watchedClients }),
    nonceSecret: makeNonceSecret(),
  };
}

/** Takes back what a thread held when it ended. Must be done before another starts in its place. */
export function takeBackFrom(tables: SharedTables, thread: number): void {
  clearSlots(openSlotTable(tables.slots), thread);
}
