import type { RequestContext } from './context.ts';
import type { RouteFacts } from './stage.ts';

/**
 * Tells whether a request shows something that may be a credential of its route.
 *
 * Safety: nothing is verified. It only decides who waits for authentication, which refuses what is wrong.
 */
export class ShownCredential {
  readonly #headers: readonly string[];
  /** Keys may also come in a cookie or the query. */
  readonly #acceptsKeys: boolean;
  readonly #authenticated: boolean;

  constructor({ authenticated, credentialHeaders, acceptsKeys }: RouteFacts) {
    this.#authenticated = authenticated;
    this.#headers = credentialHeaders;
    this.#acceptsKeys = acceptsKeys;
  }

  isIn({ headers, certificate, query }: RequestContext): boolean {
    if (certificate !== null && this.#authenticated) return true;
    if (this.#acceptsKeys && (query !== '' || headers.has('cookie'))) return true;
    for (const name of this.#headers) if (headers.has(name)) return true;
    return false;
  }
}
