import type { Transaction } from '../../lib/seclang/transaction.ts';

/** Variables of `TX` that hold the score that was compared, by version of the Core Rule Set; the first that is there. */
const INBOUND = ['blocking_inbound_anomaly_score', 'anomaly_score', 'inbound_anomaly_score'];
const OUTBOUND = ['blocking_outbound_anomaly_score', 'outbound_anomaly_score'];

function firstOf(rules: Transaction, names: readonly string[]): number {
  for (const name of names) {
    const value = Number.parseInt(rules.txValue(name), 10);
    if (value > 0) return value;
  }
  return 0;
}

/** The anomaly scores of a request and of its answer; 0 where rules do not count. */
export function scoresOf(rules: Transaction): { readonly inbound: number; readonly outbound: number } {
  return { inbound: firstOf(rules, INBOUND), outbound: firstOf(rules, OUTBOUND) };
}

/** Whether a variable of `TX` is a score: what `waf explain` shows growing. */
export function isScore(name: string): boolean {
  return name.includes('score') && !name.includes('threshold');
}
