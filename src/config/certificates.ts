import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ConfigProblem } from '../core/errors.ts';
import { type GatewayConfig, isPem } from './config.ts';
import { readText } from './file-text.ts';
import { readablePointer } from './pointer.ts';

/** A certificate chain with its key, ready for TLS. */
export interface CertificateMaterial {
  readonly cert: string;
  readonly key: string;
  /** DNS names of the certificate, lower-case, wildcards as `*.example.com`. */
  readonly names: readonly string[];
  readonly notAfterMs: number;
}

/** What TLS towards the upstream of an API needs, as PEM text. */
export interface UpstreamMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export interface LoadedCertificates {
  readonly problems: readonly ConfigProblem[];
  /** By listener name; entries with problems are missing. */
  readonly listeners: ReadonlyMap<string, readonly CertificateMaterial[]>;
  /** By API id; only APIs with `upstream.tls`. */
  readonly upstreams: ReadonlyMap<string, UpstreamMaterial>;
}

const MAX_PEM_BYTES = 1_048_576;
const PEM_CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Reads and examines every certificate, key and authority that a configuration names; never throws. */
export function loadCertificates(config: GatewayConfig, nowMs: number): LoadedCertificates {
  const reader = new PemReader(nowMs);
  const listeners = new Map<string, readonly CertificateMaterial[]>();
  config.listeners.forEach(({ name, tls }, at) => {
    if (tls === undefined) return;
    const pairs = tls.certificates.map((entry, index) =>
      reader.readPair(entry.cert, entry.key, `/listeners/${at}/tls/certificates/${index}`),
    );
    listeners.set(
      name,
      pairs.filter((pair) => pair !== null),
    );
  });
  const upstreams = new Map<string, UpstreamMaterial>();
  config.apis.forEach(({ id, upstream }, at) => {
    if (upstream.tls === undefined) return;
    const { ca, cert, key } = upstream.tls;
    const pointer = `/apis/${at}/upstream/tls`;
    const pair = cert === undefined || key === undefined ? null : reader.readPair(cert, key, pointer);
    const authorities = ca === undefined ? null : reader.readAuthorities(ca, `${pointer}/ca`);
    upstreams.set(id, { ca: authorities, cert: pair?.cert ?? null, key: pair?.key ?? null });
  });
  return { problems: reader.problems, listeners, upstreams };
}

/** Reads PEM files and collects what is wrong with them. */
class PemReader {
  readonly problems: ConfigProblem[] = [];
  readonly #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  readPair(certValue: string, keyValue: string, pointer: string): CertificateMaterial | null {
    const chain = this.#readChain(certValue, `${pointer}/cert`);
    const key = this.#readKey(keyValue, `${pointer}/key`);
    const leaf = chain?.certificates[0];
    if (chain === null || leaf === undefined || key === null) return null;
    if (!leaf.checkPrivateKey(key.key)) {
      const isSwapped = chain.certificates.some((certificate) => certificate.checkPrivateKey(key.key));
      const suggestion = isSwapped
        ? 'Put the certificate of the key first in the file, and those of the authorities after it.'
        : 'Give the key that the certificate was made for.';
      this.#report(`${pointer}/key`, 'The key does not belong to the certificate.', suggestion);
      return null;
    }
    const why = faultOf(chain.pem, key.pem);
    if (why !== '') {
      const suggestion =
        'Use an ECDSA key, or an RSA key of at least 2048 bits, and signatures with SHA-256.';
      this.#report(`${pointer}/cert`, `The certificate cannot be used for TLS: ${why}.`, suggestion);
      return null;
    }
    return this.#material(leaf, chain.pem, key.pem);
  }

  readAuthorities(value: string, pointer: string): string | null {
    return this.#readChain(value, pointer)?.pem ?? null;
  }

  #material(leaf: X509Certificate, cert: string, key: string): CertificateMaterial {
    return { cert, key, names: dnsNames(leaf), notAfterMs: leaf.validToDate.getTime() };
  }

  #readChain(value: string, pointer: string): { pem: string; certificates: X509Certificate[] } | null {
    const pem = this.#read(value, pointer);
    if (pem === null) return null;
    const blocks = pem.match(PEM_CERTIFICATE) ?? [];
    if (blocks.length === 0) {
      this.#report(pointer, `${sourceOf(value)} holds no certificate in PEM form.`);
      return null;
    }
    const certificates: X509Certificate[] = [];
    for (const [at, block] of blocks.entries()) {
      const certificate = parseCertificate(block);
      if (certificate === null) {
        this.#report(pointer, `Certificate ${at + 1} of ${sourceOf(value)} is damaged.`);
        return null;
      }
      certificates.push(certificate);
    }
    return this.#checkDates(certificates[0] as X509Certificate, value, pointer)
      ? { pem, certificates }
      : null;
  }

  #checkDates(certificate: X509Certificate, value: string, pointer: string): boolean {
    const { validFromDate, validToDate } = certificate;
    if (validToDate.getTime() <= this.#nowMs) {
      const message = `The certificate of ${sourceOf(value)} expired on ${validToDate.toISOString()}.`;
      this.#report(pointer, message, 'Renew it.');
      return false;
    }
    if (validFromDate.getTime() <= this.#nowMs) return true;
    const message = `The certificate of ${sourceOf(value)} is not valid before ${validFromDate.toISOString()}.`;
    this.#report(pointer, message, 'Correct the clock of this machine, or wait.');
    return false;
  }

  #readKey(value: string, pointer: string): { pem: string; key: KeyObject } | null {
    const pem = this.#read(value, pointer);
    if (pem === null) return null;
    if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) {
      const message = `The key of ${sourceOf(value)} is encrypted, and nobody is there to type its passphrase.`;
      this.#report(
        pointer,
        message,
        'Decrypt it: `openssl pkey -in key.pem -out plain.pem`, readable by the gateway only.',
      );
      return null;
    }
    try {
      return { pem, key: createPrivateKey(pem) };
    } catch {
      this.#report(pointer, `${sourceOf(value)} holds no private key in PEM form.`);
      return null;
    }
  }

  #read(value: string, pointer: string): string | null {
    if (isPem(value)) return value;
    const file = readText(value, MAX_PEM_BYTES);
    if (file.ok) return file.text;
    // What was not recognised as PEM may still be a secret that a reference resolved to.
    const name = /^[\x20-\x7e]{1,512}$/.test(value)
      ? `The file ${value}`
      : `The file of ${readablePointer(pointer)}`;
    this.#report(pointer, `${name} cannot be read: ${file.why}.`);
    return null;
  }

  #report(pointer: string, message: string, suggestion?: string): void {
    this.problems.push({ pointer, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }
}

/** What OpenSSL has against a certificate and its key; '' when it takes them. */
function faultOf(cert: string, key: string): string {
  try {
    createSecureContext({ cert, key });
    return '';
  } catch (error) {
    return (error as Error).message.split(':').at(-1) ?? '';
  }
}

function sourceOf(value: string): string {
  return isPem(value) ? 'the text' : `the file ${value}`;
}

function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** The DNS names a certificate is for. Names that Node had to quote are not host names. */
function dnsNames(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const name = /^DNS:([A-Za-z0-9*._-]+)$/.exec(entry)?.[1];
    return name === undefined ? [] : [name.toLowerCase()];
  });
  return [...new Set(names)];
}
