import type { ConfigProblem } from '../core/errors.ts';
import { type AuthorityProblem, parseAuthorities } from '../lib/x509/authority.ts';
import type { PathCertificate } from '../lib/x509/path-certificate.ts';
import type { AuthoritySource } from '../stages/authentication/authorities.schema.ts';
import { type GatewayConfig, isPem } from './config.ts';
import { readText } from './file-text.ts';
import { mtlsMethods } from './mtls-methods.ts';
import { readablePointer } from './pointer.ts';

/** Authorities as the configuration names them, and where. */
export interface AuthorityPlace {
  readonly pointer: string;
  readonly sources: readonly AuthoritySource[];
}

export interface LoadedAuthorities {
  readonly problems: readonly ConfigProblem[];
  /** PEM text of the certificates by what the configuration says: a path, or the text of a file. */
  readonly pems: ReadonlyMap<string, string>;
}

const MAX_PEM_BYTES = 1_048_576;

/** Every place of a configuration that names authorities of clients. */
export function authorityPlaces(config: GatewayConfig): AuthorityPlace[] {
  const listeners = config.listeners.flatMap(({ tls }, at) => {
    const sources = tls?.clientCa;
    return sources === undefined ? [] : [{ pointer: `/listeners/${at}/tls/clientCa`, sources }];
  });
  const methods = mtlsMethods(config).flatMap(({ method: { ca }, pointer }) =>
    ca === null ? [] : [{ pointer: `${pointer}/ca`, sources: ca }],
  );
  return [...listeners, ...methods];
}

/** Reads and examines the authorities of clients; never throws. One that has expired is no mistake, see `check`. */
export function loadAuthorities(config: GatewayConfig): LoadedAuthorities {
  const problems: ConfigProblem[] = [];
  const pems = new Map<string, string>();
  for (const { pointer, sources } of authorityPlaces(config)) {
    for (const { file } of sources) {
      if (pems.has(file)) continue;
      const found = readAuthorities(file);
      if (Array.isArray(found)) pems.set(file, found.map(pemOf).join(''));
      else problems.push(problemOf(file, pointer, found));
    }
  }
  return { problems, pems };
}

function readAuthorities(file: string): PathCertificate[] | AuthorityProblem {
  if (isPem(file)) return parseAuthorities(file);
  const read = readText(file, MAX_PEM_BYTES);
  return read.ok ? parseAuthorities(read.text) : { why: `cannot be read: ${read.why}` };
}

function problemOf(file: string, pointer: string, { why }: AuthorityProblem): ConfigProblem {
  // What was not recognised as PEM may still be a secret that a reference resolved to.
  const isShowable = !isPem(file) && /^[\x20-\x7e]{1,512}$/.test(file);
  const name = isShowable ? `The file ${file}` : `The text of ${readablePointer(pointer)}`;
  const suggestion = 'List the certificates of the authorities that sign client certificates, in PEM form.';
  return { pointer, message: `${name} ${why}.`, suggestion };
}

function pemOf({ facts: { der } }: PathCertificate): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
