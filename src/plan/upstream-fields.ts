import { type StageBlocks, sourcePointer } from '../config/blocks.ts';
import type { GatewayConfig } from '../config/config.ts';
import type { ConfigProblem } from '../core/errors.ts';
import { FieldFilter } from '../lib/http/field-filter.ts';
import { foldName } from '../lib/http/field-lines.ts';
import {
  type AuthenticationConfig,
  credentialHeaders,
  methodsOf,
} from '../stages/authentication/authentication.schema.ts';
import { findCredentialName } from '../stages/protocol/credential-names.ts';
import type { ProtocolConfig } from '../stages/protocol/protocol.schema.ts';

function authenticationOf(blocks: StageBlocks): AuthenticationConfig | null {
  return (blocks.get('authenticate')?.config ?? null) as AuthenticationConfig | null;
}

function allBlocks(config: GatewayConfig): StageBlocks[] {
  const routes = config.apis.flatMap((api) => [api, ...api.endpoints]);
  return [config.defaultBlocks, ...routes.map(({ blocks }) => blocks)];
}

/** The names of all identity headers of a configuration, lower-case. */
export function identityNames(config: GatewayConfig): ReadonlySet<string> {
  const all = allBlocks(config).flatMap((blocks) =>
    Object.keys(authenticationOf(blocks)?.identityHeaders ?? {}),
  );
  return new Set(all.map((name) => name.toLowerCase()));
}

/**
 * What of a client's header fields the upstream of a route must not get.
 *
 * Safety: names of identity headers are withheld on every route, because an upstream that trusts them does not know by
 * which route a request came.
 */
export function withheldFields(
  authentication: AuthenticationConfig,
  identity: ReadonlySet<string>,
): FieldFilter {
  const filter = new FieldFilter();
  for (const name of identity) filter.withhold(name);
  for (const { name, forward } of credentialHeaders(authentication)) {
    if (forward) filter.passAsWritten(name);
    else filter.withhold(name);
  }
  return filter;
}

/** Finds query parameters for keys that the protocol stage of the same route refuses, so that no key could come. */
export function queryProblems(config: GatewayConfig): ConfigProblem[] {
  const routes = config.apis.flatMap((api) => [api, ...api.endpoints]);
  return routes.flatMap(({ blocks }) => {
    const authentication = authenticationOf(blocks);
    const protocol = blocks.get('protocol')?.config as ProtocolConfig | undefined;
    if (authentication === null || protocol?.credentialsInUrl !== 'refuse' || protocol.mode !== 'enforce')
      return [];
    const { sources = [] } = blocks.get('authenticate') ?? {};
    return methodsOf(authentication).flatMap((method) => {
      if (method.kind !== 'apiKey' || findCredentialName(method.query ?? '') === '') return [];
      return [
        {
          pointer: sourcePointer(sources, `${method.pointer}/query`),
          message: `Requests with the query parameter ${method.query} are refused before authentication.`,
          suggestion: 'Set `protocol.credentialsInUrl: allow` here, or give the parameter another name.',
        },
      ];
    });
  });
}

/** Finds identity headers that would take the credentials of a route away. */
export function identityProblems(config: GatewayConfig): ConfigProblem[] {
  const credentials = new Map<string, string>();
  for (const blocks of allBlocks(config)) {
    const authentication = authenticationOf(blocks);
    if (authentication === null) continue;
    for (const { name } of credentialHeaders(authentication)) credentials.set(foldName(name), name);
  }
  return allBlocks(config).flatMap((blocks) => {
    const block = blocks.get('authenticate');
    const names = Object.keys(authenticationOf(blocks)?.identityHeaders ?? {});
    const taken = names.filter((name) => credentials.has(foldName(name.toLowerCase())));
    return taken.map((name) => ({
      pointer: sourcePointer(block?.sources ?? [], `/identityHeaders/${name}`),
      message: `The header field ${name} carries credentials, so it cannot tell the upstream who is asking.`,
    }));
  });
}
