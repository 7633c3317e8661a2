import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import {
  type AuthenticationConfig,
  authenticationSchema,
  EXCLUSIVE_KEYS,
  isAnonymous,
  type MethodConfig,
  methodsOf,
} from './authentication.schema.ts';
import { AuthenticationCheck, BodyAuthenticationCheck } from './combination.ts';
import { compileMethods } from './compile-methods.ts';
import { type IntrospectionConfig, introspectionWeaknesses } from './introspection.schema.ts';
import { type JwtConfig, jwtWeaknesses } from './jwt.schema.ts';
import { validateMethods } from './method-conflicts.ts';
import { mtlsWeaknesses } from './mtls-problems.ts';
import { compileRefusals, type DpopOffer } from './refusals.ts';
import { WebhookMethod } from './webhook.ts';
import { WebhookOutcomeCheck } from './webhook-outcome.ts';
import { webhookWeaknesses } from './webhook-weaknesses.ts';

/** What the methods of a route take of DPoP together. */
function dpopOffer(methods: readonly MethodConfig[]): DpopOffer {
  const tokens = methods.filter(({ kind }) => kind === 'jwt' || kind === 'introspection') as (
    | JwtConfig
    | IntrospectionConfig
  )[];
  const algorithms = [...new Set(tokens.flatMap((method) => method.dpopAlgorithms))];
  if (tokens.every(({ dpop }) => dpop === 'off')) return { policy: 'off', algorithms };
  const isRequired = tokens.every(({ dpop }) => dpop === 'required');
  return { policy: isRequired ? 'required' : 'accepted', algorithms };
}

function compile(config: AuthenticationConfig, route: RouteFacts, ports: Ports): StageChecks {
  if (isAnonymous(config)) return {};
  const configured = methodsOf(config);
  validateMethods(configured, route);
  const refusals = compileRefusals(
    config.realm ?? route.apiId,
    new Set(configured.map((method) => method.kind)),
    dpopOffer(configured),
  );
  const compiled = compileMethods(config.alternatives, route, ports, refusals);
  const { missing, incomplete, contradiction } = refusals;
  const head = new AuthenticationCheck({
    ...compiled,
    missing,
    incomplete,
    contradiction,
    sameSubject: config.sameSubject,
  });
  const webhooks = compiled.methods.filter((method) => method instanceof WebhookMethod);
  if (webhooks.length === 0) return { head };
  return {
    head,
    deferred: new BodyAuthenticationCheck(head),
    deferredLimitBytes: Math.max(...webhooks.map(({ maxBodyBytes }) => maxBodyBytes)),
    response: new WebhookOutcomeCheck(webhooks),
  };
}

function weaknesses(config: AuthenticationConfig, nowMs = Date.now()): readonly Weakness[] {
  if (config.none) return [{ pointer: '', message: 'The API has no authentication: anyone may call it.' }];
  if (config.mode === 'off')
    return [{ pointer: '/mode', message: 'Authentication is off: anyone may call the API.' }];
  const found: Weakness[] = [];
  if (config.mode === 'observe') {
    found.push({
      pointer: '/mode',
      message: 'Authentication only observes: requests without a valid credential pass.',
    });
  }
  for (const method of methodsOf(config)) {
    if (method.kind === 'jwt') found.push(...jwtWeaknesses(method));
    if (method.kind === 'introspection') found.push(...introspectionWeaknesses(method));
    if (method.kind === 'mtls') found.push(...mtlsWeaknesses(method));
    if (method.kind === 'webhook') found.push(...webhookWeaknesses(method, nowMs));
    if (method.kind !== 'apiKey') continue;
    const at = (key: string): string => `${method.pointer}/${key}`;
    if (method.query !== undefined)
      found.push({
        pointer: at('query'),
        message: 'Keys in the query end up in logs, histories and Referer fields.',
      });
    if (method.cookie !== undefined)
      found.push({
        pointer: at('cookie'),
        message:
          'Browsers send a key in a cookie on their own: set it with SameSite=Strict, Secure and HttpOnly.',
      });
  }
  return found;
}

/** Authentication: finds out who is asking, or refuses with the challenge to send. */
export const authentication: Stage<AuthenticationConfig> = {
  name: 'authentication',
  key: 'authenticate',
  schema: authenticationSchema,
  exclusiveKeys: EXCLUSIVE_KEYS,
  compile,
  weaknesses,
};
