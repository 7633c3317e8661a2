import type { Clock } from '../core/ports.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import { MemoryApiKeys } from '../stores/memory/api-keys.ts';
import { MemoryLimitExceptions } from '../stores/memory/limit-exceptions.ts';
import { RecordLease } from '../stores/memory/record-lease.ts';
import { MemoryRevokedTokens } from '../stores/memory/revoked-tokens.ts';
import { MemoryWafGovernance } from '../stores/memory/waf-governance.ts';
import type { ThreadData, ToThread } from './messages.ts';

/** What the main thread says of records that threads hold copies of. */
type RecordMessage = Extract<
  ToThread,
  { readonly type: 'apiKeys' | 'revocations' | 'limitExceptions' | 'wafBypasses' | 'ruleTrials' | 'lease' }
>;

const RECORDS: ReadonlySet<ToThread['type']> = new Set<RecordMessage['type']>([
  'apiKeys',
  'revocations',
  'limitExceptions',
  'wafBypasses',
  'ruleTrials',
  'lease',
]);

/** Whether a message is about records. */
export function isRecordMessage(message: ToThread): message is RecordMessage {
  return RECORDS.has(message.type);
}

/** The copies of records that one thread holds. */
export class ThreadRecords {
  readonly apiKeys: MemoryApiKeys;
  readonly revokedTokens: MemoryRevokedTokens;
  readonly limitExceptions: MemoryLimitExceptions;
  readonly wafGovernance: MemoryWafGovernance;
  readonly #lease: RecordLease;

  constructor(data: ThreadData, clock: Clock) {
    this.#lease = new RecordLease(clock, monotonicMs, data.lease);
    this.apiKeys = new MemoryApiKeys(this.#lease);
    this.apiKeys.replaceAll(data.apiKeys);
    this.revokedTokens = new MemoryRevokedTokens(data.revocations);
    this.limitExceptions = new MemoryLimitExceptions(data.limitExceptions);
    this.wafGovernance = new MemoryWafGovernance(data.wafBypasses, data.ruleTrials);
  }

  /** Takes a change in. Returns null: the answer to a call that cannot fail. */
  take(message: RecordMessage): null {
    if (message.type === 'lease') this.#lease.renew(message.lease);
    else if (message.type === 'apiKeys') this.apiKeys.update(message.update);
    else if (message.type === 'limitExceptions') this.limitExceptions.update(message.update);
    else if (message.type === 'wafBypasses') this.wafGovernance.updateBypasses(message.update);
    else if (message.type === 'ruleTrials') this.wafGovernance.updateTrials(message.update);
    else this.revokedTokens.update(message.update);
    return null;
  }
}
