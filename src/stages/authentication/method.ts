import type { RequestContext } from '../../core/context.ts';
import type { Decision } from '../../core/decision.ts';
import type { Principal } from '../../core/principal.ts';

/** One way to prove who is asking, compiled for a route. */
export interface CredentialMethod {
  /** The credential of this kind that the request carries, null for none, or a refusal when it carries several. */
  find(ctx: RequestContext): string | null | Decision;
  /** Verifies a credential; waits only where something must be fetched. */
  verify(credential: string, ctx: RequestContext): Principal | Decision | Promise<Principal | Decision>;
  /** Which entries of the configuration a principal it verified meets, as bits. */
  entriesOf(principal: Principal): number;
  /**
   * Of a method that needs the body to verify: what can be refused before the body is read, else null.
   * `verify` runs when the body is held.
   */
  examineHead?(credential: string, ctx: RequestContext): Decision | null;
}
