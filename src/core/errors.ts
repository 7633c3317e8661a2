/** One mistake of the operator, ready to print. */
export interface ConfigProblem {
  /** JSON pointer into the configuration (RFC 6901); '' is the whole document. */
  readonly pointer: string;
  /** A sentence that says what is wrong. */
  readonly message: string;
  /** What to do about it, such as the nearest valid word. */
  readonly suggestion?: string;
  /** Position in the file, counted from 1, where it is known. */
  readonly line?: number;
  readonly column?: number;
}

/** The operator's configuration cannot be used; carries every mistake at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => `${problem.pointer || '/'}: ${problem.message}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Something the gateway depends on cannot be used now; the message is a sentence that names it and says what to do. */
export class Unavailable extends Error {
  readonly dependency: string;

  constructor(dependency: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
    this.dependency = dependency;
  }
}
