// `portcullis/seclang`: rules of ModSecurity 2 for any program, without a gateway around them.
import { compileEngine } from './lib/seclang/engine/compile-engine.ts';
import { findOperatorProblems } from './lib/seclang/engine/operator-problems.ts';
import type { OperatorHost } from './lib/seclang/operator.ts';
import { parseRules } from './lib/seclang/syntax/parse-rules.ts';
import type { EngineSettings, RuleFileProblem, RulePhase, RuleProgram } from './lib/seclang/syntax/rule.ts';
import type {
  Interruption,
  RequestInput,
  ResponseInput,
  RuleEngine,
  RuleMatch,
  Transaction,
} from './lib/seclang/transaction.ts';
import { openLibinjection } from './stores/libinjection/libinjection.ts';
import { diskRuleFiles } from './stores/rule-files.ts';

export type { Bytes } from './lib/seclang/bytes.ts';
export type { CollectionStore } from './lib/seclang/engine/collection-store.ts';
export type { Position } from './lib/seclang/syntax/rule.ts';
export type { Overrides } from './lib/seclang/transaction.ts';
export type {
  EngineSettings,
  Interruption,
  RequestInput,
  ResponseInput,
  RuleEngine,
  RuleFileProblem,
  RuleMatch,
  RulePhase,
  Transaction,
};

/** Rule files are wrong. Nothing of them is used. */
export class RuleFilesError extends Error {
  override readonly name = 'RuleFilesError';
  /** Everything that is wrong in any of them. */
  readonly problems: readonly RuleFileProblem[];

  constructor(problems: readonly RuleFileProblem[]) {
    const lines = problems.map(({ at, message }) => `${at.file}:${at.line}: ${message}`);
    super(lines.join('\n'));
    this.problems = problems;
  }
}

export interface RuleOptions {
  /** What relative paths are seen from; the working folder by default. */
  readonly folder?: string;
  /** What holds where the files say nothing. */
  readonly settings?: Partial<EngineSettings>;
  /** Two letters of the country of an address for `@geoLookup`; by default none is known. */
  readonly countryOf?: (address: string) => string;
}

/** Rules that were read, and what is to be known about them. */
export interface LoadedRules {
  readonly engine: RuleEngine;
  /** Such as directives that have no effect here. */
  readonly notes: readonly RuleFileProblem[];
}

/**
 * Loads rule files: paths or globs, in their order, with what they include.
 *
 * Errors: RuleFilesError.
 *
 * @example
 * ```ts
 * import { inspect, loadRules } from 'portcullis/seclang';
 *
 * const { engine } = await loadRules([
 *   '/etc/modsecurity/crs/crs-setup.conf',
 *   '/usr/share/modsecurity-crs/rules/*.conf',
 * ], { settings: { engine: 'on', requestBodyAccess: true } });
 *
 * const { interruption, matches } = inspect(engine, {
 *   request: {
 *     uniqueId: 'a1', startedAtMs: Date.now(),
 *     clientAddress: '192.0.2.7', clientPort: 50000, serverAddress: '198.51.100.1', serverPort: 443,
 *     method: 'GET', target: "/?id=1'%20or%201=1--", protocol: 'HTTP/1.1',
 *     headerNames: ['Host', 'Accept'], headerValues: ['api.example.com', '*' + '/*'],
 *   },
 * });
 * if (interruption !== null) console.log(interruption.status, matches.map(({ ruleId }) => ruleId));
 * ```
 */
export async function loadRules(paths: readonly string[], options: RuleOptions = {}): Promise<LoadedRules> {
  const reading = parseRules(paths, diskRuleFiles(options.folder ?? '.'), {
    settings: options.settings ?? {},
  });
  if ('problems' in reading) throw new RuleFilesError(reading.problems);
  const libinjection = await openLibinjection();
  const host: OperatorHost = {
    sqlFingerprint: (value) => libinjection.sqlFingerprint(value),
    isXss: (value) => libinjection.isXss(value),
    countryOf: options.countryOf ?? (() => ''),
    dataFile: () => null,
    unicodeMap: reading.program.settings.unicodeMap,
  };
  return { engine: compile(reading.program, host), notes: reading.notes };
}

/** What operators do not take, such as a pattern, only shows when they are compiled. */
function compile(program: RuleProgram, host: OperatorHost): RuleEngine {
  try {
    return compileEngine(program, host);
  } catch (error) {
    const problems = error instanceof RangeError ? findOperatorProblems(program, host) : [];
    throw problems.length > 0 ? new RuleFilesError(problems) : error;
  }
}

/** A request with its answer, as far as there is one. */
export interface Exchange {
  readonly request: RequestInput;
  readonly body?: Uint8Array;
  readonly response?: ResponseInput;
  readonly responseBody?: Uint8Array;
}

const PHASES: readonly RulePhase[] = [1, 2, 3, 4, 5];
const NOTHING = new Uint8Array(0);

/**
 * Runs all phases over a whole exchange and gives back the finished transaction.
 *
 * Cost: holds the thread until it is through. A server calls `engine.begin` and gives each `run` a deadline.
 */
export function inspect(
  engine: RuleEngine,
  { request, body, response, responseBody }: Exchange,
): Transaction {
  const transaction = engine.begin(request, null);
  for (const phase of PHASES) {
    if (phase === 2) transaction.setRequestBody(body ?? NOTHING, false);
    if (response === undefined && (phase === 3 || phase === 4)) continue;
    if (phase === 3 && response !== undefined) transaction.setResponse(response);
    if (phase === 4 && responseBody !== undefined) transaction.setResponseBody(responseBody, false);
    for (let isOver = false; !isOver; ) isOver = transaction.run(phase, Number.POSITIVE_INFINITY);
  }
  return transaction;
}
