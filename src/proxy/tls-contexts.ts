import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { LIST_OF_NOBODY } from './handshake-certificate.ts';

/** A certificate chain with its key, as PEM text, and the names it is for. */
export interface CertificateMaterial {
  readonly cert: string;
  readonly key: string;
  /** DNS names of the certificate, lower-case, wildcards as `*.example.com`. */
  readonly names: readonly string[];
}

/** What a TLS listener negotiates. */
export interface TlsSettings {
  readonly certificates: readonly CertificateMaterial[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly http2: boolean;
  /** PEM text of the authorities whose client certificates are asked for; '' asks for none. */
  readonly clientCa: string;
}

/** The suites of the requirements, strongest first: TLS 1.3, then TLS 1.2 with forward secrecy only. */
export const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
].join(':');

/** Key exchanges, all of them ephemeral; the first one stands against quantum computers too. */
const GROUPS = 'X25519MLKEM768:X25519:P-256:P-384';

/** What sessions belong to; the same for every certificate, so that a session can be resumed with any server name. */
const SESSION_CONTEXT = 'portcullis';

/** The certificates of a listener by server name; replaced whole when a certificate changes. */
export class TlsContexts {
  readonly fallback: SecureContext;
  /** Options of the first certificate, for handshakes without a server name. */
  readonly fallbackOptions: SecureContextOptions;
  readonly #exact = new Map<string, SecureContext>();
  readonly #wildcards = new Map<string, SecureContext>();

  /** Throws ConfigError when OpenSSL does not take a certificate. */
  constructor(settings: TlsSettings) {
    const contexts = settings.certificates.map((material) => ({
      material,
      context: openContext(material, settings),
    }));
    const first = contexts[0];
    if (first === undefined) throw new RangeError('a TLS listener needs a certificate');
    this.fallback = first.context;
    this.fallbackOptions = optionsOf(first.material, settings);
    for (const { material, context } of contexts) for (const name of material.names) this.#add(name, context);
  }

  /** Context for a server name; the first certificate where none is for it (RFC 6066, 3). */
  find(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf('.');
    return (dot > 0 ? this.#wildcards.get(name.slice(dot + 1)) : undefined) ?? this.fallback;
  }

  #add(name: string, context: SecureContext): void {
    const map = name.startsWith('*.') ? this.#wildcards : this.#exact;
    const key = name.startsWith('*.') ? name.slice(2) : name;
    if (!map.has(key)) map.set(key, context);
  }
}

/** Whether two settings negotiate the same with the same certificates. */
export function isSameTls(one: TlsSettings, other: TlsSettings): boolean {
  return (
    one.minVersion === other.minVersion &&
    one.http2 === other.http2 &&
    one.clientCa === other.clientCa &&
    one.certificates.length === other.certificates.length &&
    one.certificates.every(({ cert, key }, at) => {
      const material = other.certificates[at];
      return material?.cert === cert && material.key === key;
    })
  );
}

function openContext(material: CertificateMaterial, settings: TlsSettings): SecureContext {
  try {
    return createSecureContext(optionsOf(material, settings));
  } catch (error) {
    const name = material.names[0] ?? 'a listener';
    const why = (error as Error).message.split(':').at(-1);
    const message = `The certificate for ${name} cannot be used for TLS: ${why}.`;
    const suggestion = 'Use an ECDSA key, or an RSA key of at least 2048 bits, and signatures with SHA-256.';
    throw new ConfigError([{ pointer: '/listeners', message, suggestion }]);
  }
}

function optionsOf(material: CertificateMaterial, settings: TlsSettings): SecureContextOptions {
  return {
    cert: material.cert,
    key: material.key,
    minVersion: settings.minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: GROUPS,
    // As strong as the certificate, which is at least 2048 bits of RSA.
    dhparam: 'auto',
    // RFC 9113, 9.2.1 forbids it over HTTP/2; a client has no need of it and an attacker makes the server work.
    secureOptions:
      constants.SSL_OP_NO_RENEGOTIATION | (settings.clientCa === '' ? 0 : constants.SSL_OP_NO_TICKET),
    sessionIdContext: SESSION_CONTEXT,
    ...(settings.clientCa === '' ? {} : { ca: settings.clientCa, crl: LIST_OF_NOBODY }),
  };
}
