import type { Bytes } from '../bytes.ts';
import type { EngineSettings } from '../syntax/rule.ts';
import type {
  Interruption,
  Overrides,
  RequestInput,
  RuleEngine,
  RuleMatch,
  Transaction,
} from '../transaction.ts';
import type { FtwAnswer, FtwStage } from './ftw-test.ts';
import { type ReceivedRequest, takeApart } from './received-request.ts';
import { reflect } from './reflect.ts';
import { strictFault } from './strict-fault.ts';

/** What came of a request. */
export interface FtwOutcome {
  readonly matches: readonly RuleMatch[];
  readonly interruption: Interruption | null;
  readonly isEnforced: boolean;
  /** What the backend answers; it is asked also where rules have ended the request, to see what would have come. */
  readonly answer: FtwAnswer;
  /** Why the listener refuses the request before any rule sees it; '' when it does not. */
  readonly fault: string;
}

/** Where requests of tests come from and when. */
export interface FtwWorld {
  readonly engine: RuleEngine;
  readonly settings: EngineSettings;
  /** null: nothing is overridden. */
  readonly overrides: Overrides | null;
  readonly clientAddress: string;
  now(): number;
}

let serial = 0;

/** Sends one request of a test through the rules, and its answer. */
export function runStage(world: FtwWorld, stage: FtwStage): FtwOutcome {
  const received = takeApart(stage.request);
  const transaction = world.engine.begin(inputOf(world, received), world.overrides);
  const answer = stage.answer ?? reflect(received);
  runRequest(transaction, received, world.settings);
  if (!isEnded(transaction)) runAnswer(transaction, answer, world.settings);
  transaction.run(5, Number.POSITIVE_INFINITY);
  return {
    matches: transaction.matches,
    interruption: transaction.interruption,
    isEnforced: transaction.isEnforced,
    answer,
    fault: strictFault(stage.request),
  };
}

const isEnded = ({ interruption, isEnforced }: Transaction): boolean => interruption !== null && isEnforced;

function inputOf(world: FtwWorld, received: ReceivedRequest): RequestInput {
  return {
    uniqueId: `ftw-${++serial}`,
    startedAtMs: world.now(),
    clientAddress: world.clientAddress,
    clientPort: 50_000,
    serverAddress: '127.0.0.1',
    serverPort: 80,
    method: received.method,
    target: received.target,
    protocol: received.protocol,
    headerNames: received.headerNames,
    headerValues: received.headerValues,
  };
}

function runRequest(transaction: Transaction, received: ReceivedRequest, settings: EngineSettings): void {
  transaction.run(1, Number.POSITIVE_INFINITY);
  if (isEnded(transaction)) return;
  if (transaction.wantsRequestBody && received.body !== '') {
    const limit = settings.requestBodyLimitBytes;
    transaction.setRequestBody(bytesOf(received.body, limit), received.body.length > limit);
  }
  transaction.run(2, Number.POSITIVE_INFINITY);
}

function runAnswer(transaction: Transaction, answer: FtwAnswer, settings: EngineSettings): void {
  const { status, headerNames, headerValues, body } = answer;
  transaction.setResponse({ status, protocol: 'HTTP/1.1', headerNames, headerValues });
  transaction.run(3, Number.POSITIVE_INFINITY);
  if (isEnded(transaction)) return;
  if (transaction.wantsResponseBody) {
    const limit = settings.responseBodyLimitBytes;
    transaction.setResponseBody(bytesOf(body, limit), body.length > limit);
  }
  transaction.run(4, Number.POSITIVE_INFINITY);
}

const bytesOf = (text: Bytes, limit: number): Uint8Array => Buffer.from(text.slice(0, limit), 'latin1');
