import { DAY_MS } from '../lib/time/day.ts';
import { parseAuthorities } from '../lib/x509/authority.ts';
import type { RevocationList } from '../lib/x509/crl.ts';
import { authorityPlaces } from './client-authorities.ts';
import type { GatewayConfig } from './config.ts';
import { mtlsMethods } from './mtls-methods.ts';

/** Something that a configuration names and that ends by itself. */
export interface DatedFile {
  readonly kind: 'server-certificate' | 'client-authority' | 'revocation-list';
  /** Where it is named. */
  readonly pointer: string;
  /** Whose it is: host names, or the subject of the authority. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly untilMs: number;
}

/** What was read of them. */
export interface DatedMaterial {
  readonly listeners: Readonly<
    Record<string, readonly { readonly names: readonly string[]; readonly notAfterMs: number }[]>
  >;
  readonly authorities: Readonly<Record<string, string>>;
  readonly revocationLists: Readonly<Record<string, RevocationList>>;
}

/** Everything of a configuration that ends by itself, once per place; what ends first comes first. */
export function datedFiles(config: GatewayConfig, material: DatedMaterial): DatedFile[] {
  const found = [
    ...serverCertificates(config, material),
    ...authorities(config, material),
    ...lists(config, material),
  ];
  return found.sort((a, b) => a.untilMs - b.untilMs);
}

function serverCertificates(config: GatewayConfig, material: DatedMaterial): DatedFile[] {
  return config.listeners.flatMap(({ name }, at) =>
    (material.listeners[name] ?? []).map(({ names, notAfterMs }, index) => ({
      kind: 'server-certificate' as const,
      pointer: `/listeners/${at}/tls/certificates/${index}`,
      name: names.join(', '),
      untilMs: notAfterMs,
    })),
  );
}

/** An authority ends with its certificate, or before that by what the configuration says. */
function authorities(config: GatewayConfig, material: DatedMaterial): DatedFile[] {
  return authorityPlaces(config).flatMap(({ pointer, sources }) =>
    sources.flatMap(({ file, untilMs }) => {
      const parsed = parseAuthorities(material.authorities[file] ?? '');
      if (!Array.isArray(parsed)) return [];
      return parsed.map(({ facts: { subject, notAfterMs } }) => ({
        kind: 'client-authority' as const,
        pointer,
        name: subject.text,
        untilMs: Math.min(untilMs, notAfterMs),
      }));
    }),
  );
}

function lists(config: GatewayConfig, material: DatedMaterial): DatedFile[] {
  return mtlsMethods(config).flatMap(({ method, pointer }) =>
    (method.revocation?.crl ?? []).flatMap((file) => {
      const list = material.revocationLists[file];
      if (list === undefined) return [];
      return [
        {
          kind: 'revocation-list' as const,
          pointer: `${pointer}/revocation/crl`,
          name: list.issuerName,
          untilMs: list.nextUpdateMs,
        },
      ];
    }),
  );
}

const WHAT = {
  'server-certificate': 'The certificate for',
  'client-authority': 'The authority',
  'revocation-list': 'The revocation list of',
} as const;

/** How many whole days are left; negative when none is. */
export function daysLeft(untilMs: number, nowMs: number): number {
  return Math.floor((untilMs - nowMs) / DAY_MS);
}

/** Says when something ends, or that it has. */
export function sentenceOf({ kind, name, untilMs }: DatedFile, nowMs: number): string {
  const moment = new Date(untilMs).toISOString();
  const days = daysLeft(untilMs, nowMs);
  if (days < 0 || untilMs <= nowMs) return `${WHAT[kind]} ${name} ended on ${moment}.`;
  return `${WHAT[kind]} ${name} ends in ${days === 1 ? '1 day' : `${days} days`}, on ${moment}.`;
}
