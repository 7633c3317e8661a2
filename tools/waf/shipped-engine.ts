import { compileEngine } from '../../src/lib/seclang/engine/compile-engine.ts';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RuleProgram } from '../../src/lib/seclang/syntax/rule.ts';
import type { RuleEngine } from '../../src/lib/seclang/transaction.ts';
import { diskRuleFiles } from '../../src/stores/rule-files.ts';
import type { EvaluatedRequest } from './requests.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** The rules that come with the gateway, as a route without `waf.include` has them. */
export function shippedProgram(): RuleProgram {
  const settings = { engine: 'on', requestBodyAccess: true, responseBodyAccess: true } as const;
  const reading = parseRules(['rules/base/*.conf', 'rules/*.conf'], diskRuleFiles(ROOT), { settings });
  if ('program' in reading) return reading.program;
  throw new Error(reading.problems.map(({ at, message }) => `${at.file}:${at.line}: ${message}`).join('\n'));
}

/** They need nothing of the world around them. */
export function shippedEngine(): RuleEngine {
  return compileEngine(shippedProgram(), {
    sqlFingerprint: () => '',
    isXss: () => false,
    countryOf: () => '',
    dataFile: () => null,
    unicodeMap: new Map(),
  });
}

/** Ids of the rules that matched a request, and whether it is blocked. */
export interface Verdict {
  readonly isBlocked: boolean;
  readonly rules: readonly number[];
}

/** Runs the rules over a request, at level 1. */
export function judgeRequest(engine: RuleEngine, request: EvaluatedRequest): Verdict {
  const transaction = engine.begin(
    {
      uniqueId: '',
      startedAtMs: 0,
      clientAddress: '192.0.2.7',
      clientPort: 50_000,
      serverAddress: '198.51.100.1',
      serverPort: 443,
      method: request.method,
      target: request.target,
      protocol: 'HTTP/1.1',
      headerNames: request.headers.map(([name]) => name),
      headerValues: request.headers.map(([, value]) => value),
    },
    null,
  );
  transaction.run(1, Number.POSITIVE_INFINITY);
  if (transaction.interruption === null) {
    if (request.body !== null) transaction.setRequestBody(Buffer.from(request.body, 'latin1'), false);
    transaction.run(2, Number.POSITIVE_INFINITY);
  }
  return {
    isBlocked: transaction.interruption !== null,
    rules: transaction.matches.map(({ ruleId }) => ruleId),
  };
}
