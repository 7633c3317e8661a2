/** How connections to a PostgreSQL server are protected; the names are those of libpq. */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** Where a PostgreSQL database is and who asks it. */
export interface PostgresAddress {
  /** Name, address without brackets, or the absolute path of the folder with the server's socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** '' when the server asks for none. */
  readonly password: string;
  readonly sslMode: SslMode;
  /** Paths of PEM files as written; '' when absent. */
  readonly sslRootCert: string;
  readonly sslCert: string;
  readonly sslKey: string;
  /** Schema of the tables; '' takes the first of the user's search path. */
  readonly schema: string;
}

/** An address, or what is wrong with the text; the sentence never quotes it, because it may hold a password. */
export type ParsedPostgresUrl = { readonly address: PostgresAddress } | { readonly problem: string };

const PARAMETERS = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'schema']);
const LOCAL = /^(?:localhost|::1|127(?:\.\d{1,3}){3}|\/.*)$/;
const HOST = /^(?:[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+|\/.*)$/;
const SCHEMA = /^(?:[a-z_][a-z0-9_]{0,62})?$/;
const NO_HOST = /^(postgres(?:ql)?:\/\/[^/?#@]*@)(?=\/)/;
const DEFAULT_PORT = 5432;

/** Whether a server is reached without a network. */
export function isLocalHost(host: string): boolean {
  return LOCAL.test(host);
}

/** Whether a text is meant as the URL of a PostgreSQL database. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:/.test(text);
}

/** Reads `postgres://user:password@host:port/database?sslmode=…`; `password` takes the place of that in the URL. */
export function parsePostgresUrl(text: string, password = ''): ParsedPostgresUrl {
  // WHATWG knows no user without a host, which is what the address of a socket has.
  const url = isPostgresUrl(text) ? URL.parse(text.replace(NO_HOST, '$1-')) : null;
  if (url === null || !/^postgres(?:ql)?:\/\//.test(text)) {
    return { problem: 'Write it as `postgres://user@host:5432/database`.' };
  }
  const parts = partsOf(url);
  if (parts === null)
    return { problem: 'A `%` in the URL begins no escape: put the password into `store.password`.' };
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.has(name)) {
      return { problem: `It may have the parameters ${[...PARAMETERS].join(', ')} only.` };
    }
    if (query.has(name)) return { problem: `It has the parameter \`${name}\` twice.` };
    query.set(name, value);
  }
  return check({ ...parts, password: password || parts.password }, query);
}

type Parts = Pick<PostgresAddress, 'host' | 'port' | 'database' | 'user' | 'password'>;

function partsOf(url: URL): Parts | null {
  try {
    return {
      host: url.hostname === '-' ? '' : decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  } catch {
    return null;
  }
}

function check(parts: Parts, query: ReadonlyMap<string, string>): ParsedPostgresUrl {
  const host = parts.host || query.get('host') || '';
  if (parts.host !== '' && query.has('host')) return { problem: 'It names a host twice.' };
  if (host === '')
    return { problem: 'It names no host, neither `//host/` nor `?host=/folder/of/the/socket`.' };
  if (!HOST.test(host)) return { problem: 'Its host is not one name or address.' };
  if (parts.user === '') return { problem: 'It names no user: write `postgres://user@host/database`.' };
  if (parts.database === '' || parts.database.includes('/')) {
    return { problem: 'It names no database: write `postgres://user@host/database`.' };
  }
  const schema = query.get('schema') ?? '';
  if (!SCHEMA.test(schema)) {
    return { problem: 'Its `schema` may have lower-case letters, digits and underscores only.' };
  }
  const sslMode = query.get('sslmode') ?? (isLocalHost(host) ? 'disable' : 'verify-full');
  if (!isSslMode(sslMode)) {
    return {
      problem: `Its \`sslmode\` is none of ${SSL_MODES.join(', ')}; what may fall back to clear text is not offered.`,
    };
  }
  const file = (name: string): string => query.get(name) ?? '';
  const files = { sslRootCert: file('sslrootcert'), sslCert: file('sslcert'), sslKey: file('sslkey') };
  if ((files.sslCert === '') !== (files.sslKey === '')) {
    return { problem: '`sslcert` and `sslkey` belong together: it has one of them.' };
  }
  return { address: { ...parts, host, sslMode, ...files, schema } };
}

function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}
