import { resolve } from 'node:path';
import type { z } from 'zod';
import type { StoreLocation } from '../stores/sql/location.ts';
import { isPostgresUrl, parsePostgresUrl } from '../stores/sql/postgres-url.ts';
import type { StoreSettings } from './config.ts';
import type { storeSchema } from './services.schema.ts';

/** Makes a valid `store` block complete. */
export function finishStore(
  store: z.output<typeof storeSchema>,
  dataDir: string,
  baseDir: string,
): StoreSettings {
  const { url: _, password: __, ...rest } = store;
  return { ...rest, location: storeLocation(store, dataDir, baseDir) };
}

const SQLITE = 'sqlite:';

/** Where a valid `store` block says the records are; file names in it become absolute. */
function storeLocation(
  { url, password }: { readonly url?: string | undefined; readonly password?: string | undefined },
  dataDir: string,
  baseDir: string,
): StoreLocation {
  if (url === undefined) return { kind: 'sqlite', path: resolve(dataDir, 'portcullis.db') };
  const parsed = isPostgresUrl(url) ? parsePostgresUrl(url, password) : null;
  if (parsed === null || 'problem' in parsed) {
    return { kind: 'sqlite', path: resolve(baseDir, url.slice(SQLITE.length)) };
  }
  const file = (path: string): string => (path === '' ? '' : resolve(baseDir, path));
  const { address } = parsed;
  return {
    kind: 'postgres',
    address: {
      ...address,
      sslRootCert: file(address.sslRootCert),
      sslCert: file(address.sslCert),
      sslKey: file(address.sslKey),
    },
  };
}

/** Whether a `store.url` has a password in it. */
export function hasPassword(url: string): boolean {
  const parsed = isPostgresUrl(url) ? parsePostgresUrl(url) : null;
  return parsed !== null && 'address' in parsed && parsed.address.password !== '';
}
