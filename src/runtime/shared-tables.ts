import type { GatewayConfig } from '../config/config.ts';
import { createCounterTable } from '../stores/shared/counter-table.ts';
import { createLoginTable } from '../stores/shared/login-table.ts';
import { createReplayTable } from '../stores/shared/replay-table.ts';
import { makeNonceSecret } from './nonce-secret.ts';

/** Memory that all threads share. */
export interface SharedTables {
  readonly counters: SharedArrayBuffer;
  readonly replay: SharedArrayBuffer;
  readonly logins: SharedArrayBuffer;
  /** What nonces for DPoP proofs are made of. */
  readonly nonceSecret: Uint8Array;
}

/** Makes the memory that all threads share; it lives as long as the process. */
export function createTables({ clients, replayEntries, logins }: GatewayConfig['counters']): SharedTables {
  return {
    counters: createCounterTable({ clients }),
    replay: createReplayTable({ entries: replayEntries }),
    logins: createLoginTable({ addresses: logins }),
    nonceSecret: makeNonceSecret(),
  };
}
