import { type Decision, deny } from '../../core/decision.ts';
import type { Principal } from '../../core/principal.ts';
import type { FieldLines } from '../../lib/http/field-lines.ts';
import type { RuleConfig } from './authorization.schema.ts';

/** One rule, compiled: what it asks for, and its refusals. */
export interface Rule {
  /** Methods it is about; null is about every method. */
  readonly methods: ReadonlySet<string> | null;
  readonly anyScope: readonly string[];
  readonly allScopes: readonly string[];
  readonly anyRole: readonly string[];
  /** For callers with a token, who get the challenge of RFC 6750, section 3, or of RFC 9449, section 7.1. */
  readonly scopeRefusalBearer: Decision;
  readonly scopeRefusalDpop: Decision;
  readonly scopeRefusal: Decision;
  readonly roleRefusal: Decision;
}

function hasAny(granted: ReadonlySet<string>, asked: readonly string[]): boolean {
  for (const name of asked) if (granted.has(name)) return true;
  return asked.length === 0;
}

function hasAll(granted: ReadonlySet<string>, asked: readonly string[]): boolean {
  for (const name of asked) if (!granted.has(name)) return false;
  return true;
}

export function compileRule(config: RuleConfig): Rule {
  const { methods, scopes = [], allScopes = [], roles = [] } = config;
  const wanted: string[] = [];
  if (allScopes.length > 0) wanted.push(`all of the scopes ${allScopes.join(', ')}`);
  if (scopes.length > 0) wanted.push(`one of the scopes ${scopes.join(', ')}`);
  const detail = `The rule asks for ${wanted.join(' and ')}.`;
  // RFC 6750, section 3.1: insufficient_scope MAY name the scope necessary to access the resource.
  const error = `error="insufficient_scope", scope="${[...new Set([...allScopes, ...scopes])].join(' ')}"`;
  const challenged = (scheme: string) =>
    deny('authz.scope', { headers: ['WWW-Authenticate', `${scheme} ${error}`], detail });
  return {
    methods: methods === undefined ? null : new Set(methods),
    anyScope: scopes,
    allScopes,
    anyRole: roles,
    scopeRefusalBearer: challenged('Bearer'),
    scopeRefusalDpop: challenged('DPoP'),
    scopeRefusal: deny('authz.scope', { detail }),
    roleRefusal: deny('authz.role', { detail: `The rule asks for one of the roles ${roles.join(', ')}.` }),
  };
}

/** RFC 9110, section 11.1: a scheme is case-insensitive. */
function isDpop(headers: FieldLines): boolean {
  return headers.get('authorization')?.slice(0, 5).toLowerCase() === 'dpop ';
}

/** Whether the rule is about requests of the method; GET includes HEAD (RFC 9110, section 9.3.2). */
export function appliesTo(rule: Rule, method: string): boolean {
  if (rule.methods === null || rule.methods.has(method)) return true;
  return method === 'HEAD' && rule.methods.has('GET');
}

/** The refusal of a caller who does not meet the rule; null when the caller does. */
export function checkRule(rule: Rule, principal: Principal, headers: FieldLines): Decision | null {
  if (!hasAll(principal.scopes, rule.allScopes) || !hasAny(principal.scopes, rule.anyScope)) {
    const isToken = principal.method === 'jwt' || principal.method === 'introspection';
    if (!isToken) return rule.scopeRefusal;
    return isDpop(headers) ? rule.scopeRefusalDpop : rule.scopeRefusalBearer;
  }
  return hasAny(principal.roles, rule.anyRole) ? null : rule.roleRefusal;
}
