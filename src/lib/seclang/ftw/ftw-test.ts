import type { Bytes } from '../bytes.ts';

/** What the backend answers to a request. */
export interface FtwAnswer {
  readonly status: number;
  readonly headerNames: readonly Bytes[];
  readonly headerValues: readonly Bytes[];
  readonly body: Bytes;
}

/** What must be so after a request. */
export interface FtwExpectation {
  /** One of these; empty where any will do. */
  readonly statuses: readonly number[];
  /** Patterns that the answer, the log or neither must match. */
  readonly answerMatches: string;
  readonly logMatches: readonly string[];
  readonly logMatchesNot: readonly string[];
  readonly ids: readonly number[];
  readonly idsNot: readonly number[];
  /** Whether the request must be refused before there is an answer; null where nothing is said. */
  readonly isRefused: boolean | null;
  /** Whether no other rule may match. */
  readonly isAlone: boolean;
}

/** One request of a test, byte for byte, and what must come of it. */
export interface FtwStage {
  readonly request: Bytes;
  /** null: the backend says what it was sent. */
  readonly answer: FtwAnswer | null;
  readonly expected: FtwExpectation;
}

/** A test of the framework for testing WAFs (FTW). */
export interface FtwTest {
  /** Such as `942100-3`. */
  readonly title: string;
  readonly file: string;
  readonly description: string;
  readonly isEnabled: boolean;
  readonly stages: readonly FtwStage[];
}

/** Why a test cannot be read. */
export interface FtwProblem {
  readonly file: string;
  /** Such as `tests[3].stages[0].input.data`. */
  readonly place: string;
  readonly message: string;
}
