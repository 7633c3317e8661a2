import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

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

/** The certificates of a listener by server name; replaced whole when a certificate changes. */
export class TlsContexts {
  readonly fallback: SecureContext;
  /** Options of the first certificate, for handshakes without a server name. */
  readonly fallbackOptions: SecureContextOptions;
  readonly #exact = new Map<string, SecureContext>();
  readonly #wildcards = new Map<string, SecureContext>();

  constructor(settings: TlsSettings) {
    const contexts = settings.certificates.map((material) => ({
      material,
      context: createSecureContext(optionsOf(material, settings)),
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

function optionsOf(material: CertificateMaterial, settings: TlsSettings): SecureContextOptions {
  return {
    cert: material.cert,
    key: material.key,
    minVersion: settings.minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    dhparam: 'auto',
  };
}
