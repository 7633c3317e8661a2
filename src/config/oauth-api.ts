import { parseHost } from '../lib/http/host.ts';
import { asList, asRecord } from './pointer.ts';

/** Id under which `authenticate` names the built-in authorization server as the issuer of tokens. */
export const BUILTIN_ISSUER = 'builtin';
/** Id of the API by which the built-in authorization server is reached. */
export const OAUTH_API = 'oauth';
/** Id of the API for its metadata where the issuer has a path (RFC 8414, section 3.1). */
export const OAUTH_METADATA_API = 'oauth-metadata';

const METADATA_PATH = '/.well-known/oauth-authorization-server';
const MAX_FORM_BYTES = 65_536;
const PER_MINUTE = 600;
/** Blocks of `defaults` that hold for the built-in server, too; the others are about APIs. */
const INHERITED = ['access', 'headers'];

/** THE TABLE of paths of the built-in server, below its issuer. */
const PATHS = [
  '/.well-known/openid-configuration',
  METADATA_PATH,
  '/.well-known/jwks.json',
  '/authorize',
  '/authorize/{uid}',
  '/device',
  '/device/authorize',
  '/device/{uid}',
  '/introspect',
  '/logout',
  '/logout/confirm',
  '/logout/success',
  '/par',
  '/revoke',
  '/token',
  '/userinfo',
  '/interaction/{uid}',
  '/interaction/{uid}/login',
  '/interaction/{uid}/code',
  '/interaction/{uid}/enrol',
  '/interaction/{uid}/{page}',
  '/interaction/{uid}/{page}/{part}',
  '/federation/{page}',
  '/federation/{page}/{part}',
];

/** The name of a path in journal and metrics. */
function idOf(path: string): string {
  return path
    .replace(/^\/(?:\.well-known\/)?/, '')
    .replace(/[{}]/g, '')
    .replace(/[/.]/g, '-');
}

type Loose = Record<string, unknown>;

/** THE TABLE of paths where people prove who they are, and how an answer says that they failed. */
const GUARDED: Readonly<Record<string, Loose>> = {
  '/interaction/{uid}/login': { failureStatuses: [401], userName: { field: 'name' } },
  '/interaction/{uid}/code': { failureStatuses: [401] },
  '/interaction/{uid}/enrol': { failureStatuses: [401] },
  // A code of a device that is guessed.
  '/device': { failureStatuses: [400] },
};

/** More than five failures in five minutes block an address for half an hour, unless `defaults.login` says otherwise. */
function guardOf(path: string, defaults: Loose): Loose {
  const guard = GUARDED[path];
  if (guard === undefined) return {};
  const { userName: _, failureRedirects: __, genericFailure: ___, ...tuned } = asRecord(defaults.login) ?? {};
  return { login: { failures: 5, ...tuned, ...guard, methods: ['POST'], realm: OAUTH_API } };
}

/** Where the built-in server listens, as far as it is known; a place that nobody can reach stands for it before. */
export interface OauthEntry {
  readonly port: number;
}

const NOWHERE: OauthEntry = { port: 1 };

/** The APIs by which the gateway makes its own authorization server reachable; none without a usable `oauth` block. */
export function oauthApis(root: Loose, entry: OauthEntry = NOWHERE): readonly Loose[] {
  const issuer = asRecord(root.oauth)?.issuer;
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null;
  const host = url === null ? null : parseHost(url.host);
  if (url === null || host === null) return [];
  const path = url.pathname.replace(/\/$/, '');
  const defaults = asRecord(root.defaults) ?? {};
  const inherited = Object.fromEntries(
    INHERITED.filter((key) => defaults[key] !== undefined).map((key) => [key, defaults[key]]),
  );
  const common = {
    ...inherited,
    hosts: [host.host],
    upstream: { targets: [`http://127.0.0.1:${entry.port}`], connections: 256 },
    retries: 0,
    authenticate: 'none',
    // Its own errors say no more than the client may know, and OAuth clients read them.
    headers: { ...asRecord(defaults.headers), verboseErrors: 'keep' },
    addressLimit: { perMinute: PER_MINUTE },
    validate: { maxBodyBytes: MAX_FORM_BYTES },
    // What people type here are passwords, which may look like anything; its pages are read by a parser of their own.
    waf: { mode: 'off' },
  };
  const main = {
    ...common,
    id: OAUTH_API,
    path: path === '' ? '/' : path,
    stripPath: true,
    // What is not the server's is left to other APIs, which may have the same host.
    undeclared: 'deny',
    endpoints: PATHS.map((below) => ({ path: below, id: idOf(below), ...guardOf(below, defaults) })),
  };
  if (path === '') return [main];
  return [main, { ...common, id: OAUTH_METADATA_API, path: METADATA_PATH + path }];
}

/** The document with those APIs after the ones that were written. */
export function withOauthApis(document: unknown, entry?: OauthEntry): unknown {
  const root = asRecord(document);
  if (root === null || root.oauth === undefined || !Array.isArray(root.apis)) return document;
  return { ...root, apis: [...asList(root.apis), ...oauthApis(root, entry)] };
}
