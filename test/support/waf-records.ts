import type { RuleFacts } from '../../src/core/waf.ts';
import type { BypassRecord, FalsePositive } from '../../src/core/waf-records.ts';

/** A bypass that waits for approval from 1,000 on, for an hour. */
export function bypassWith(change: Partial<BypassRecord> = {}): BypassRecord {
  return {
    id: 'bp1',
    network: '',
    ruleId: 942100,
    path: '',
    parameter: '',
    owner: 'shop',
    reason: 'orders are refused',
    requestedBy: 'alice',
    approver: '',
    isProven: false,
    lifeMs: 3_600_000,
    createdAtMs: 1_000,
    approvedAtMs: 0,
    expiresAtMs: 3_601_000,
    endedAtMs: 0,
    endedBy: '',
    ...change,
  };
}

/** A rule of the operator's own that detects. */
export function ruleWith(change: Partial<RuleFacts> = {}): RuleFacts {
  return {
    id: 100_001,
    fingerprint: 'aa',
    origin: 'custom',
    set: 'rules/*.conf',
    category: 'sql-injection',
    message: 'A quote',
    role: 'detect',
    ...change,
  };
}

export function falsePositiveWith(change: Partial<FalsePositive> = {}): FalsePositive {
  return {
    requestId: 'r1',
    ruleId: 942100,
    category: 'sql-injection',
    atMs: 5_000,
    wasBlocked: true,
    path: '/comments',
    variable: 'ARGS:text',
    confirmedAtMs: 9_000,
    confirmedBy: 'alice',
    ...change,
  };
}
