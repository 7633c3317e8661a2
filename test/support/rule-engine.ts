import { Buffer } from 'node:buffer';
import type { EngineOptions } from '../../src/lib/seclang/engine/compile-engine.ts';
import { compileEngine } from '../../src/lib/seclang/engine/compile-engine.ts';
import type { OperatorHost } from '../../src/lib/seclang/operator.ts';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RuleProgram } from '../../src/lib/seclang/syntax/rule.ts';
import type { Overrides, RequestInput, RuleEngine, Transaction } from '../../src/lib/seclang/transaction.ts';
import { ruleTexts } from './rule-texts.ts';

/** A world in which nothing is an injection and no country is known. */
export const quietHost: OperatorHost = {
  sqlFingerprint: () => '',
  isXss: () => false,
  countryOf: () => '',
  dataFile: () => null,
  unicodeMap: new Map(),
};

/** The program of rules that are the text of a test. Files are by their absolute paths. */
export function programOf(rules: string, files: Readonly<Record<string, string>> = {}): RuleProgram {
  const reading = parseRules(['/rules.conf'], ruleTexts({ ...files, '/rules.conf': rules }));
  if ('problems' in reading) throw new Error(reading.problems.map(({ message }) => message).join('\n'));
  return reading.program;
}

export const engineOf = (
  rules: string,
  host: Partial<OperatorHost> = {},
  options: EngineOptions = {},
): RuleEngine => compileEngine(programOf(rules), { ...quietHost, ...host }, options);

/** What differs from a plain GET. */
export interface RequestParts {
  readonly target?: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly clientAddress?: string;
  readonly atMs?: number;
  readonly response?: {
    readonly status?: number;
    readonly headers?: readonly (readonly [name: string, value: string])[];
    readonly body?: string;
  };
}

export function requestInput(parts: RequestParts): RequestInput {
  const headers = parts.headers ?? [['Host', 'api.example.com']];
  return {
    uniqueId: 'id-of-the-request',
    startedAtMs: parts.atMs ?? 1_700_000_000_000,
    clientAddress: parts.clientAddress ?? '192.0.2.7',
    clientPort: 50_000,
    serverAddress: '198.51.100.1',
    serverPort: 443,
    method: parts.method ?? 'GET',
    target: parts.target ?? '/',
    protocol: 'HTTP/1.1',
    headerNames: headers.map(([name]) => name),
    headerValues: headers.map(([, value]) => value),
  };
}

const PHASES = [1, 2, 3, 4, 5] as const;

/** Runs all phases, in slices that end at once where `isSliced`. */
export function runAll(
  engine: RuleEngine,
  parts: RequestParts = {},
  overrides: Overrides | null = null,
  isSliced = false,
): Transaction {
  const transaction = engine.begin(requestInput(parts), overrides);
  const { body, response } = parts;
  for (const phase of PHASES) {
    if (phase === 2 && body !== undefined) transaction.setRequestBody(Buffer.from(body, 'latin1'), false);
    if (phase === 3 && response !== undefined) {
      const headers = response.headers ?? [['Content-Type', 'text/html']];
      transaction.setResponse({
        status: response.status ?? 200,
        protocol: 'HTTP/1.1',
        headerNames: headers.map(([name]) => name),
        headerValues: headers.map(([, value]) => value),
      });
    }
    if (phase === 4 && response?.body !== undefined) {
      transaction.setResponseBody(Buffer.from(response.body, 'latin1'), false);
    }
    while (!transaction.run(phase, isSliced ? 0 : Number.POSITIVE_INFINITY)) {}
  }
  return transaction;
}

/** Ids of the rules that matched, in order, each time they did. */
export const matchedIds = (transaction: Transaction): number[] =>
  transaction.matches.map(({ ruleId }) => ruleId);
