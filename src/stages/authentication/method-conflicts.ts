import { ConfigError, type ConfigProblem } from '../../core/errors.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { isTrustworthyUrl } from '../../lib/jose/keys-url.ts';
import { closest } from '../../lib/text/suggest.ts';
import type { MethodConfig } from './authentication.schema.ts';
import type { IntrospectionConfig } from './introspection.schema.ts';
import type { JwtConfig } from './jwt.schema.ts';
import { mtlsProblems } from './mtls-problems.ts';

/** Whether two entries ask for the same, so that one credential meets both. */
export function isSame(one: MethodConfig, other: MethodConfig): boolean {
  return JSON.stringify({ ...one, pointer: '' }) === JSON.stringify({ ...other, pointer: '' });
}

/** What the schema cannot say about one JWT method. */
function jwtProblems(config: JwtConfig, route: RouteFacts): ConfigProblem[] {
  const { pointer, issuer, audience } = config;
  const known = [...route.issuers.keys()];
  const nearest = closest(issuer ?? '', known);
  const all = known.length === 0 ? 'Add it to `issuers`.' : `Configured issuers: ${known.join(', ')}.`;
  const suggestion = nearest === null ? all : `Did you mean '${nearest}'?`;
  const problems: ConfigProblem[] = [];
  if (issuer === undefined) {
    const message = 'A JWT method names the issuer whose tokens it accepts.';
    problems.push({ pointer: `${pointer}/issuer`, message, suggestion });
  } else if (!route.issuers.has(issuer)) {
    problems.push({ pointer: `${pointer}/issuer`, message: `There is no issuer '${issuer}'.`, suggestion });
  }
  if (audience.length === 0) {
    const message = 'A JWT method names the audience that tokens must be meant for.';
    const example = `Say which \`aud\` this API has, such as '${route.apiId}'.`;
    problems.push({ pointer: `${pointer}/audience`, message, suggestion: example });
  }
  return [...problems, ...dpopProblems(config)];
}

/** What the schema cannot say about one introspection method. */
function introspectionProblems(config: IntrospectionConfig, route: RouteFacts): ConfigProblem[] {
  const { pointer, issuer, endpoint } = config;
  const problems: ConfigProblem[] = [];
  if (issuer === undefined && endpoint === undefined) {
    const message = 'Say where to ask: give the `endpoint`, or the `issuer` whose metadata names it.';
    problems.push({ pointer, message });
  }
  const known = issuer === undefined ? null : route.issuers.get(issuer);
  if (known === undefined) {
    const nearest = closest(issuer ?? '', [...route.issuers.keys()]);
    const suggestion = nearest === null ? 'Add it to `issuers`.' : `Did you mean '${nearest}'?`;
    problems.push({ pointer: `${pointer}/issuer`, message: `There is no issuer '${issuer}'.`, suggestion });
  } else if (known !== null && endpoint === undefined && !isTrustworthyUrl(known.issuer)) {
    const message = 'The endpoint is found over https only: give it as `endpoint`.';
    problems.push({ pointer: `${pointer}/issuer`, message });
  }
  return [...problems, ...dpopProblems(config)];
}

function dpopProblems(config: JwtConfig | IntrospectionConfig): ConfigProblem[] {
  if (config.dpop === 'off' || config.header.toLowerCase() === 'authorization') return [];
  const message = 'DPoP has its scheme in the Authorization field: no other field can carry its tokens.';
  return [{ pointer: `${config.pointer}/dpop`, message }];
}

/** What a method's header field carries. */
const CREDENTIALS = {
  apiKey: 'API keys',
  jwt: 'tokens',
  introspection: 'tokens',
  webhook: 'signatures',
} as const;

const isToken = ({ kind }: MethodConfig): boolean => kind === 'jwt' || kind === 'introspection';

/** Why two methods cannot stand side by side; null when they can. */
function conflict(one: MethodConfig, other: MethodConfig, route: RouteFacts): string | null {
  if (one.kind === 'apiKey' && other.kind === 'apiKey') return 'An `apiKey` method can be listed once.';
  // Several entries for certificates are several authorities, or several callers.
  if (one.kind === 'mtls' || other.kind === 'mtls') return null;
  if (one.header.toLowerCase() !== other.header.toLowerCase()) return null;
  if (one.kind === 'webhook' && other.kind === 'webhook') {
    return `Two webhooks cannot share the header field ${one.header}: put their secrets into one.`;
  }
  if (one.kind === 'introspection' && other.kind === 'introspection') {
    return `Opaque tokens in one header field ${one.header} cannot be told apart: list one authorization server.`;
  }
  // A JWT of a configured issuer is no opaque token.
  if (isToken(one) && isToken(other) && one.kind !== other.kind) return null;
  if (one.kind !== 'jwt' || other.kind !== 'jwt') {
    return `The header field ${one.header} cannot carry both ${CREDENTIALS[one.kind]} and ${CREDENTIALS[other.kind]}.`;
  }
  // Tokens of two issuers may share a field, because `iss` tells them apart.
  const issuerOf = (method: JwtConfig) => route.issuers.get(method.issuer ?? '')?.issuer;
  if (issuerOf(one) !== issuerOf(other)) return null;
  return 'The same issuer is listed twice for one header field: put its audiences into one method.';
}

/** Throws for methods that cannot work, alone or together. */
export function validateMethods(methods: readonly MethodConfig[], route: RouteFacts): void {
  const problems: ConfigProblem[] = [];
  methods.forEach((method, at) => {
    if (method.kind === 'jwt') problems.push(...jwtProblems(method, route));
    if (method.kind === 'introspection') problems.push(...introspectionProblems(method, route));
    if (method.kind === 'mtls') problems.push(...mtlsProblems(method, route));
    for (const earlier of methods.slice(0, at)) {
      if (isSame(earlier, method)) continue;
      const message = conflict(earlier, method, route);
      if (message !== null) problems.push({ pointer: method.pointer, message });
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
