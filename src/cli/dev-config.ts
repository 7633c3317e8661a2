import { isLoopback } from '../config/services.schema.ts';
import type { ImportedApi, ImportedEndpoint } from './openapi-import.ts';

/** What `portcullis dev` was asked for. */
export interface DevWishes {
  /** Origin of the upstream. */
  readonly upstream: string;
  readonly port: number;
  readonly adminPort: number;
  /** Whether callers need no credential. */
  readonly open: boolean;
  readonly imported: ImportedApi | null;
}

type Json = Record<string, unknown>;

export const DEV_LISTENER = 'dev';
const HOST = '127.0.0.1';

function endpoint({ id, method, path, contentTypes, json, open }: ImportedEndpoint): Json {
  const validate = {
    ...(contentTypes.length === 0 ? {} : { contentTypes }),
    ...(json ? { json: {} } : {}),
  };
  return {
    id,
    path,
    methods: [method],
    ...(open ? { authenticate: 'none' } : {}),
    ...(Object.keys(validate).length === 0 ? {} : { validate }),
  };
}

/** The configuration that `portcullis dev` runs with: loopback only, one API, a key unless nobody wants one. */
export function devDocument(wishes: DevWishes, dataDir: string): Json {
  const { upstream, port, adminPort, open, imported } = wishes;
  // A server on this machine wants the Host it is used to; one elsewhere knows its own name only.
  const isLocal = isLoopback(new URL(upstream).hostname.replace(/^\[|\]$/g, ''));
  const api: Json = {
    id: imported?.id ?? 'dev',
    path: imported?.basePath ?? '/',
    upstream,
    preserveHost: isLocal,
    authenticate: open ? 'none' : { apiKey: {} },
  };
  if (imported !== null)
    Object.assign(api, { undeclared: 'deny', endpoints: imported.endpoints.map(endpoint) });
  return {
    version: 1,
    dataDir,
    threads: 1,
    listeners: [{ name: DEV_LISTENER, host: HOST, port }],
    admin: { host: HOST, port: adminPort },
    apis: [api],
  };
}
