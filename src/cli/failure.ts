import type { ProblemRecord } from '../config/format-problems.ts';

/** A command could not do what it was asked; ends the process with 1. */
export class CommandFailure extends Error {
  /** A stable word for programs. */
  readonly error: string;
  readonly problems: readonly ProblemRecord[];

  constructor(error: string, message: string, problems: readonly ProblemRecord[] = []) {
    super(message);
    this.name = 'CommandFailure';
    this.error = error;
    this.problems = problems;
  }
}

/** The command line is not one that Portcullis understands; ends the process with 2. */
export class UsageError extends Error {
  /** The command it was meant for; '' when unknown. */
  readonly command: string;

  constructor(message: string, command = '') {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}
