/**
 * The seam between the authorization server and the people who use it.
 *
 * `src/oauth/` speaks the protocols; who a person is (`Accounts`) and what a person sees (`Pages`) is behind these
 * interfaces. The server calls `Pages` in three ways (which paths
 * reach it at all says the table in `src/config/oauth-api.ts`):
 *
 * 1. `answer(visit)` for every request below `/interaction/<uid>`: a sign-in or a consent that an authorization request
 *    waits for. `visit.interaction` says what is asked; the page ends it by returning `login`, `consent` or `abort`,
 *    and the server sends the browser back to where it came from. The `uid` is bound to the browser by a cookie with
 *    `SameSite=Lax`, so a form of another site cannot post here.
 * 2. `elsewhere(visit)` for every path that is nobody's, such as the way back from a federated provider. Such a page
 *    finds the interaction by a cookie of its own and redirects to `/interaction/<uid>/…`.
 * 3. `deviceCode`, `deviceConfirm`, `deviceDone`, `logout`, `loggedOut` and `failure`: single pages, whose forms go to the
 *    server itself.
 *
 * Safety: every page gets `Cache-Control: no-store`, a content security policy without scripts, and
 * `frame-ancestors 'none'` from the server; `style` in a page is allowed by its hash. What a page shows it escapes.
 * Whatever throws Unavailable is answered as 503.
 */

/** A person, as the authorization server knows them. */
export interface Account {
  /** The `sub` claim. Never given to anybody else. */
  readonly id: string;
  readonly roles: readonly string[];
  /** Rate limit tier; '' for none. */
  readonly tier: string;
  readonly department: string;
  readonly clearance: string;
  readonly tenant: string;
  /** Sign-ins before this instant are void, and what came of them: seconds since the epoch, 0 for none. */
  readonly validFromS: number;
  /** Claims of the scopes `profile` and `email`, as OpenID Connect names them. */
  readonly profile: Readonly<Record<string, string | boolean>>;
}

/** The people. Rejects with Unavailable when the store cannot be used. */
export interface Accounts {
  /** Null for who does not exist or may no longer sign in: what they were given stops to work. */
  find(id: string): Promise<Account | null>;
}

/** What an authorization request waits for. */
export interface InteractionView {
  readonly uid: string;
  /** `login`: who is it? `consent`: may the client have that? */
  readonly prompt: 'login' | 'consent';
  /** Why it is asked, in the words of oidc-provider, such as `no_session` or `max_age`. */
  readonly reasons: readonly string[];
  readonly client: { readonly id: string; readonly name: string; readonly class: string };
  /** Who is signed in; '' for nobody. */
  readonly accountId: string;
  /** Methods that they signed in by (RFC 8176). */
  readonly amr: readonly string[];
  readonly loginHint: string;
  /** Scopes not granted yet: of OpenID Connect, and by resource. */
  readonly scopes: readonly string[];
  readonly resourceScopes: Readonly<Record<string, readonly string[]>>;
  /** Authentication contexts that the client would like, the best first (`acr_values`). */
  readonly acrValues: readonly string[];
  /** Origin that the browser goes back to in the end; '' for a device. */
  readonly redirectOrigin: string;
}

/** A request for a page. */
export interface Visit {
  readonly method: 'GET' | 'POST';
  /** Below `/interaction/<uid>`: '' or `/…`; for `elsewhere` the whole path below the issuer. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The form of a POST. */
  readonly form: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  readonly clientAddress: string;
  readonly userAgent: string;
  /** Null for `elsewhere`. */
  readonly interaction: InteractionView | null;
  /** URL of a path below the issuer. */
  urlOf(path: string): string;
}

/** A sign-in that succeeded. */
export interface LoginResult {
  readonly accountId: string;
  /** Authentication methods (RFC 8176), such as `pwd`, `otp`, `mfa`. */
  readonly amr: readonly string[];
  /** '' for none. */
  readonly acr: string;
  /** Whether the session outlives the browser's. */
  readonly remember: boolean;
  /** When it was complete, in seconds since the epoch: what voids earlier sign-ins voids it, too. */
  readonly atS: number;
}

/** What a visit ends with. */
export type PageAnswer =
  | {
      readonly kind: 'page';
      readonly status: number;
      readonly html: string;
      /** Origins that forms of the page may lead to, beside this server. */
      readonly formOrigins?: readonly string[];
      readonly headers?: readonly (readonly [name: string, value: string])[];
    }
  | {
      readonly kind: 'redirect';
      readonly location: string;
      readonly headers?: readonly (readonly [name: string, value: string])[];
    }
  | { readonly kind: 'login'; readonly login: LoginResult }
  /** Grants what `InteractionView` lists. */
  | { readonly kind: 'consent' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'missing' };

/** Something went wrong that a person sees. Never holds more than the client may know. */
export interface FailureView {
  readonly status: number;
  /** OAuth error code. */
  readonly error: string;
  readonly description: string;
}

/** A form of the server: where it is posted, and the field `xsrf` that must come back with it. */
export interface ServerForm {
  readonly action: string;
  readonly xsrf: string;
}

/** What people see. Strings are whole HTML documents. */
export interface Pages {
  answer(visit: Visit): Promise<PageAnswer>;
  elsewhere(visit: Visit): Promise<PageAnswer>;
  /** Asks for the code that a device shows, as `user_code`. */
  deviceCode(
    view: ServerForm & { readonly problem: '' | 'wrong' | 'missing' | 'aborted' | 'failed' },
  ): string;
  /** Asks whether the device shows this code: `user_code` again, with `confirm=yes` or `abort=yes`. */
  deviceConfirm(view: ServerForm & { readonly client: string; readonly userCode: string }): string;
  deviceDone(view: { readonly client: string }): string;
  /** Asks whether to sign out: `logout=yes`, or without it of the client alone. */
  logout(view: ServerForm & { readonly destination: string }): string;
  loggedOut(view: { readonly client: string }): string;
  failure(view: FailureView): string;
}
