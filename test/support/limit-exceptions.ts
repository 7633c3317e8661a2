import type { LimitException } from '../../src/core/limit-exceptions.ts';

/** An exception that doubles the limits of one key, unless the test says otherwise. */
export function exceptionWith(change: Partial<LimitException> = {}): LimitException {
  return {
    id: 'ex1',
    subject: 'key',
    issuer: '',
    value: 'k1',
    change: { kind: 'factor', factor: 2 },
    api: '',
    endpoint: '',
    limit: '',
    owner: 'sales',
    reason: 'trial',
    approvedBy: '',
    createdBy: '',
    createdAtMs: 1,
    expiresAtMs: 1_000,
    ...change,
  };
}
