import type { Clock } from '../core/ports.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import { MemoryApiKeys } from '../stores/memory/api-keys.ts';
import { MemoryLimitExceptions } from '../stores/memory/limit-exceptions.ts';
import { RecordLease } from '../stores/memory/record-lease.ts';
import { MemoryRevokedTokens } from '../stores/memory/revoked-tokens.ts';
import type { ThreadData, ToThread } from './messages.ts';

/** What the main thread says of records that threads hold copies of. */
type RecordMessage = Extract<
  ToThread,
  { readonly type: 'apiKeys' | 'revocations' | 'limitExceptions' | 'lease' }
>;

/** The copies of records that one thread holds. */
export class ThreadRecords {
  readonly apiKeys: MemoryApiKeys;
  readonly revokedTokens: MemoryRevokedTokens;
  readonly limitExceptions: MemoryLimitExceptions;
  readonly #lease: RecordLease;

  constructor(data: ThreadData, clock: Clock) {
    this.#lease = new RecordLease(clock, monotonicMs, data.lease);
    this.apiKeys = new MemoryApiKeys(this.#lease);
    this.apiKeys.replaceAll(data.apiKeys);
    this.revokedTokens = new MemoryRevokedTokens(data.revocations);
    this.limitExceptions = new MemoryLimitExceptions(data.limitExceptions);
  }

  /** Takes a change in. Returns null: the answer to a call that cannot fail. */
  take(message: RecordMessage): null {
    if (message.type === 'lease') this.#lease.renew(message.lease);
    else if (message.type === 'apiKeys') this.apiKeys.update(message.update);
    else if (message.type === 'limitExceptions') this.limitExceptions.update(message.update);
    else this.revokedTokens.update(message.update);
    return null;
  }
}
