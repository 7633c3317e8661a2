import type { GatewayConfig, ListenerConfig } from '../config/config.ts';
import type { CountryList, ReputationList, TrustFiles } from '../core/trust.ts';
import { NetworkSet } from '../lib/ip/network-set.ts';
import { type Authority, parseAuthorities } from '../lib/x509/authority.ts';
import type { RevocationList } from '../lib/x509/crl.ts';
import type { PathCertificate } from '../lib/x509/path-certificate.ts';

/** What was read of the certificates and lists that a configuration names, by what it calls them. */
export interface TrustMaterial {
  /** PEM text. */
  readonly authorities: Readonly<Record<string, string>>;
  readonly revocationLists: Readonly<Record<string, RevocationList>>;
  readonly reputationLists: Readonly<Record<string, ReputationList>>;
  readonly countryLists: Readonly<Record<string, CountryList>>;
}

/** Whether trusted proxies pass certificates of clients on to a listener. */
export function takesForwarded({ clientCertificates }: ListenerConfig): boolean {
  return clientCertificates?.fromTrustedProxies === true;
}

/** Opens what was read for the stages; each certificate once. */
export function openTrust(config: GatewayConfig, material: TrustMaterial): TrustFiles {
  const opened = new Map<string, readonly PathCertificate[]>();
  const authorities = (file: string): readonly PathCertificate[] => {
    const known = opened.get(file);
    if (known !== undefined) return known;
    const parsed = parseAuthorities(material.authorities[file] ?? '');
    const found = Array.isArray(parsed) ? parsed : [];
    opened.set(file, found);
    return found;
  };
  const listeners = new Map<string, readonly Authority[]>();
  for (const { name, tls } of config.listeners) {
    if (tls?.clientCa === undefined) continue;
    listeners.set(
      name,
      tls.clientCa.flatMap(({ file, fromMs, untilMs }) =>
        authorities(file).map((certificate) => ({ certificate, fromMs, untilMs })),
      ),
    );
  }
  return {
    authorities,
    revocationList: (file) => material.revocationLists[file] ?? null,
    reputationList: (file) => {
      const list = material.reputationLists[file];
      return list === undefined ? null : new NetworkSet(list.networks);
    },
    countryList: (file) => material.countryLists[file]?.countries ?? null,
    listeners,
    hasSource: listeners.size > 0 || config.listeners.some(takesForwarded),
  };
}
