import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isEnough, STEP_UP } from './assurance.ts';
import type { Account } from './seam.ts';

const { base, Check } = interactionPolicy;

const accountOf = ({ oidc }: KoaContextWithOIDC): Account | undefined =>
  oidc.entities.Account?.own as Account | undefined;

/** Whether the session is of somebody who may no longer sign in, or is older than what voids it. */
function isVoid(ctx: KoaContextWithOIDC): boolean {
  const { session } = ctx.oidc;
  if (session?.accountId === undefined) return false;
  const account = accountOf(ctx);
  return account === undefined || (session.loginTs ?? 0) < account.validFromS;
}

/** Whether the client asks for more factors than the session was signed in with (RFC 9470). */
function lacksFactors({ oidc }: KoaContextWithOIDC): boolean {
  const { session, params } = oidc;
  const asked = typeof params?.acr_values === 'string' ? params.acr_values.split(' ') : [];
  return session?.accountId !== undefined && !isEnough(asked, session.acr ?? '');
}

/** When people are asked to sign in, and to consent: what oidc-provider does, and what it leaves to us. */
export function signInPolicy(): ReturnType<typeof base> {
  const policy = base();
  const login = policy.get('login');
  login?.checks.add(new Check('session_void', 'the session is not valid any more', (ctx) => isVoid(ctx)));
  login?.checks.add(new Check(STEP_UP, 'more factors are asked for', (ctx) => lacksFactors(ctx)));
  return policy;
}
