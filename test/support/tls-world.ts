import { makeCertificate, type TestCertificate } from './certificates.ts';
import { type RecordingUpstream, start, type UpstreamScript } from './recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from './test-gateway.ts';

/** A gateway that speaks HTTPS on the listener `web`, with an upstream behind it. */
export interface TlsWorld extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  readonly port: number;
}

export interface TlsWorldOptions {
  /** In order; without it one ECDSA certificate for `api.test`. */
  readonly certificates?: readonly TestCertificate[];
  /** More members of the listener's `tls`. */
  readonly tls?: object;
  /** More members of the listener. */
  readonly listener?: object;
  /** More members of the configuration; the upstream's address is given where they name it. */
  readonly config?: object | ((upstream: string) => object);
  readonly upstream?: UpstreamScript;
  /** More files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

let shared: TestCertificate | null = null;

/** One certificate for `api.test`, made once per test file. */
export function apiCertificate(): TestCertificate {
  shared ??= makeCertificate(['api.test']);
  return shared;
}

/** The listener `web` with certificates `0.pem`, `1.pem` … and keys `0.key`, `1.key` …. */
export function tlsListener(count: number, options: TlsWorldOptions = {}): object {
  const certificates = Array.from({ length: count }, (_, at) => ({
    cert: `./${at}.pem`,
    key: `./${at}.key`,
  }));
  return {
    name: 'web',
    host: '127.0.0.1',
    port: 0,
    tls: { certificates, ...options.tls },
    ...options.listener,
  };
}

/** Starts gateway and upstream. */
export async function openTlsWorld(options: TlsWorldOptions = {}): Promise<TlsWorld> {
  const certificates = options.certificates ?? [apiCertificate()];
  const files = Object.fromEntries(
    certificates.flatMap(({ cert, key }, at) => [
      [`${at}.pem`, cert],
      [`${at}.key`, key],
    ]),
  );
  const upstream = await start(options.upstream);
  const config = plainConfig(upstream.port, {
    listeners: [tlsListener(certificates.length, options)],
    ...(typeof options.config === 'function'
      ? options.config(`http://127.0.0.1:${upstream.port}`)
      : options.config),
  });
  const gateway = await startTestGateway(config, { ...files, ...options.files });
  return {
    gateway,
    upstream,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}
