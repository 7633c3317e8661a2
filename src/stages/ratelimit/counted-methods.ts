/**
 * The methods that a limit names.
 *
 * Safety: names of methods are told apart by case (RFC 9110, 9.1), but upstreams may not do it: `post` counts as POST, or it would
 * be a way around the limit. HEAD counts with GET, for which an upstream does the same (9.3.2).
 */
export class CountedMethods {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.includes('GET') ? [...names, 'HEAD'] : names);
  }

  has(method: string): boolean {
    return this.#names.has(method) || this.#names.has(method.toUpperCase());
  }
}
