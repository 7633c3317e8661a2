import type { ConfigProblem } from '../../core/errors.ts';
import type { RouteFacts, Weakness } from '../../core/stage.ts';
import type { MtlsConfig } from './mtls.schema.ts';

/** What the schema cannot say about one `mtls` method. */
export function mtlsProblems(config: MtlsConfig, route: RouteFacts): ConfigProblem[] {
  const { pointer, ca } = config;
  const problems: ConfigProblem[] = [];
  if (!route.trust.hasSource) {
    const message = 'No listener asks for client certificates, so nobody could ever show one.';
    const suggestion = 'Add `tls.clientCa` to a listener, or `clientCertificates: fromTrustedProxies`.';
    problems.push({ pointer, message, suggestion });
  } else if (ca === null && route.trust.listeners.size === 0) {
    const message = 'No listener has `tls.clientCa`, so the method must name its authorities itself.';
    problems.push({ pointer, message, suggestion: 'Add `ca` with the PEM file of the authorities.' });
  }
  const tiers = [config.tier, ...(config.callers ?? []).map(({ tier }) => tier)];
  for (const tier of new Set(tiers)) {
    if (tier === undefined || route.tiers.has(tier)) continue;
    const suggestion = `Configured tiers: ${[...route.tiers.keys()].join(', ')}.`;
    problems.push({ pointer, message: `There is no tier '${tier}'.`, suggestion });
  }
  return problems;
}

/** What in a valid `mtls` method protects less than the default; pointers are relative to the block. */
export function mtlsWeaknesses({ pointer, purpose, revocation }: MtlsConfig): Weakness[] {
  const found: Weakness[] = [];
  if (purpose === 'ifPresent') {
    const message = 'Certificates that do not say what they are for are taken as those of clients.';
    found.push({ pointer: `${pointer}/purpose`, message });
  }
  if (revocation?.onUnavailable === 'allow') {
    const message = 'Revoked certificates are let in while lists or responder are not available.';
    found.push({ pointer: `${pointer}/revocation/onUnavailable`, message });
  }
  if (revocation?.covers === 'client') {
    const message = 'That an authority between client and root was revoked is not noticed.';
    found.push({ pointer: `${pointer}/revocation/covers`, message });
  }
  return found;
}
