/** Runs one thing after the other, in the order asked for; what fails holds nobody up. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs it when all before it are over; resolves or rejects as it does. */
  take<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all that was asked for until now is over. Never rejects. */
  settled(): Promise<unknown> {
    return this.#last;
  }
}
