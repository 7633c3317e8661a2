import type { RequestContext } from '../core/context.ts';
import { answer, type Decision, deny } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import type { Exchange } from './exchange.ts';
import type { ActivePlan } from './gate.ts';

const NO_ROUTE = deny('route.none');
const NO_HOST = deny('protocol.host', { detail: 'no Host to redirect to' });
const NO_UPGRADE = deny('protocol.upgrade');

/** Finds the route of a request, or what is answered without one. */
export function findRoute(plan: ActivePlan, exchange: Exchange, ctx: RequestContext): Route | Decision {
  const redirect = redirectOf(plan, ctx);
  if (redirect !== null) return redirect;
  const match = plan.find(ctx.host, ctx.path, routedMethod(ctx));
  if (match === 'none') return NO_ROUTE;
  if (isMethodList(match)) return deny('route.method', { headers: ['Allow', match.join(', ')] });
  return refusedUpgrade(exchange, match) ?? match;
}

function isMethodList(match: Route | readonly string[]): match is readonly string[] {
  return Array.isArray(match);
}

function redirectOf(plan: ActivePlan, ctx: RequestContext): Decision | null {
  const port = plan.redirects.get(ctx.listener);
  if (port === undefined || ctx.secure) return null;
  // Without a host there is nowhere to send the client, and nothing may be served in the clear.
  if (ctx.host === '') return NO_HOST;
  if (ctx.path === '*') return NO_ROUTE;
  const authority = port === 443 ? ctx.host : `${ctx.host}:${port}`;
  const query = ctx.query === '' ? '' : `?${ctx.query}`;
  return answer('protocol.https-redirect', ['Location', `https://${authority}${ctx.path}${query}`]);
}

/** Method that a preflight asks about, else the request's own: a preflight belongs to the route it asks about. */
function routedMethod(ctx: RequestContext): string {
  if (ctx.method !== 'OPTIONS' || !ctx.headers.has('origin')) return ctx.method;
  return ctx.headers.get('access-control-request-method') ?? ctx.method;
}

function refusedUpgrade({ upgrade }: Exchange, route: Route): Decision | null {
  if (upgrade === '' || route.upgrades.includes(upgrade)) return null;
  // RFC 9110, 7.8: a request for any other protocol is served as if it had not asked.
  return upgrade === 'websocket' ? NO_UPGRADE : null;
}
