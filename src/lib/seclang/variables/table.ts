import { type Bytes, lowerAscii } from '../bytes.ts';
import type { RulePhase } from '../syntax/rule.ts';
import { FILE_VARIABLES } from './file-variables.ts';
import type { NamedValues } from './named-values.ts';
import { baseName } from './request-target.ts';
import type { RequestView } from './request-view.ts';
import { TIME_VARIABLES } from './time-variables.ts';

/** A variable of rules, and where its values come from. */
export type Variable =
  /** One value; null where the request has none, so that a rule on it finds nothing. */
  | { readonly kind: 'single'; readonly phase: RulePhase; readonly read: (view: RequestView) => Bytes | null }
  | {
      readonly kind: 'collection';
      readonly phase: RulePhase;
      readonly list: (view: RequestView) => NamedValues;
    }
  /** Selected by one of `XPATHS`. */
  | {
      readonly kind: 'xml';
      readonly phase: RulePhase;
      readonly select: (view: RequestView, xpath: Bytes) => readonly Bytes[];
    }
  /** Kept by the engine, because rules write it or their matches do. */
  | { readonly kind: 'engine'; readonly phase: RulePhase; readonly isCollection: boolean };

type Row = readonly [name: string, variable: Variable];

const single = (name: string, phase: RulePhase, read: (view: RequestView) => Bytes | null): Row => [
  name,
  { kind: 'single', phase, read },
];
const list = (name: string, phase: RulePhase, of: (view: RequestView) => NamedValues): Row => [
  name,
  { kind: 'collection', phase, list: of },
];
const kept = (name: string, isCollection: boolean, phase: RulePhase = 1): Row => [
  name,
  { kind: 'engine', phase, isCollection },
];
const empty = (...names: string[]): Row[] => names.map((name) => single(name, 1, () => null));
const zero = (name: string): Row => single(name, 1, () => '0');

const bit = (isSet: boolean): Bytes => (isSet ? '1' : '0');

/** Host of the authority or of the field `Host`, without its port. */
function serverName(view: RequestView): Bytes {
  const host = view.target.authority ?? view.header('host') ?? '';
  const found = /^(?:[^@]*@)?(?:\[([^\]]*)\]|([^:]*))/.exec(host);
  const name = found?.[1] ?? found?.[2] ?? '';
  return name === '' ? view.input.serverAddress : lowerAscii(name);
}

function requestLine({ input }: RequestView): Bytes {
  return `${input.method} ${input.target} ${input.protocol}`;
}

function requestUri({ path, target }: RequestView): Bytes | null {
  if (path === null || target.query === null) return path;
  return `${path}?${target.query}`;
}

function fullRequest(view: RequestView): Bytes {
  const { names, values } = view.headers;
  const fields = names.map((name, i) => `${name}: ${values[i]}\n`).join('');
  return `${requestLine(view)}\n${fields}\n${view.body ?? ''}`;
}

function bodyVariable(view: RequestView): Bytes | null {
  const isKept =
    view.bodyProcessor === 'URLENCODED' || (view.bodyProcessor === '' && view.forcesBodyVariable);
  return isKept ? view.body : null;
}

/** Statuses with phrases that rules could look for; the others are their number. */
const PHRASES = new Map([
  [200, 'OK'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
]);

function statusLine(status: number): Bytes {
  const phrase = PHRASES.get(status);
  return phrase === undefined ? `${status}` : `${status} ${phrase}`;
}

const ROWS: readonly Row[] = [
  list('ARGS', 1, (view) => view.args),
  list('ARGS_GET', 1, (view) => view.query.values),
  list('ARGS_POST', 2, (view) => view.postArgs),
  list('ARGS_NAMES', 1, (view) => view.args.asNames),
  list('ARGS_GET_NAMES', 1, (view) => view.query.values.asNames),
  list('ARGS_POST_NAMES', 2, (view) => view.postArgs.asNames),
  single('ARGS_COMBINED_SIZE', 1, (view) => `${view.args.combinedSize}`),
  single('QUERY_STRING', 1, (view) => view.target.query),
  single('URLENCODED_ERROR', 1, (view) => bit(view.isUrlInvalid)),

  single('REQUEST_LINE', 1, requestLine),
  single('REQUEST_METHOD', 1, ({ input }) => input.method),
  single('REQUEST_PROTOCOL', 1, ({ input }) => input.protocol),
  single('REQUEST_URI_RAW', 1, ({ input }) => input.target),
  single('REQUEST_URI', 1, requestUri),
  single('REQUEST_FILENAME', 1, ({ path }) => path),
  single('REQUEST_BASENAME', 1, ({ path }) => (path === null ? null : baseName(path))),
  list('REQUEST_HEADERS', 1, (view) => view.headers),
  list('REQUEST_HEADERS_NAMES', 1, (view) => view.headers.asNames),
  list('REQUEST_COOKIES', 1, (view) => view.cookies),
  list('REQUEST_COOKIES_NAMES', 1, (view) => view.cookies.asNames),
  single('FULL_REQUEST', 1, fullRequest),
  single('FULL_REQUEST_LENGTH', 1, (view) => `${fullRequest(view).length}`),

  single('REQUEST_BODY', 2, bodyVariable),
  single('REQUEST_BODY_LENGTH', 2, ({ body }) => `${body?.length ?? 0}`),
  single('REQBODY_PROCESSOR', 1, (view) => view.bodyProcessor),
  single('REQBODY_ERROR', 2, (view) => bit(view.bodyError !== '')),
  single('REQBODY_ERROR_MSG', 2, (view) => view.bodyError),
  single('REQBODY_PROCESSOR_ERROR', 2, (view) => bit(view.bodyError !== '')),
  single('REQBODY_PROCESSOR_ERROR_MSG', 2, (view) => view.bodyError),
  single('INBOUND_DATA_ERROR', 2, (view) => bit(view.isBodyPartial)),

  ['XML', { kind: 'xml', phase: 2, select: (view, xpath) => view.xmlValues(xpath) }],
  ...FILE_VARIABLES,

  single('REMOTE_ADDR', 1, ({ input }) => input.clientAddress),
  single('REMOTE_HOST', 1, ({ input }) => input.clientAddress),
  single('REMOTE_PORT', 1, ({ input }) => `${input.clientPort}`),
  single('USERAGENT_IP', 1, ({ input }) => input.clientAddress),
  single('SERVER_ADDR', 1, ({ input }) => input.serverAddress),
  single('SERVER_NAME', 1, serverName),
  single('SERVER_PORT', 1, ({ input }) => `${input.serverPort}`),
  single('UNIQUE_ID', 1, ({ input }) => input.uniqueId),
  single('WEBAPPID', 1, ({ settings }) => (settings.webAppId === '' ? 'default' : settings.webAppId)),
  // The version whose meaning of rules this engine follows.
  single('MODSEC_BUILD', 1, () => '020907900'),
  ...TIME_VARIABLES,

  single('RESPONSE_STATUS', 3, ({ response }) => `${response?.status ?? 0}`),
  single('STATUS_LINE', 3, ({ response }) => (response === null ? null : statusLine(response.status))),
  single('RESPONSE_PROTOCOL', 3, ({ response }) => response?.protocol ?? null),
  list('RESPONSE_HEADERS', 3, (view) => view.responseHeaders),
  list('RESPONSE_HEADERS_NAMES', 3, (view) => view.responseHeaders.asNames),
  single('RESPONSE_CONTENT_TYPE', 3, (view) => view.responseHeader('content-type')),
  single('RESPONSE_CONTENT_LENGTH', 4, ({ responseBody }) => `${responseBody?.length ?? 0}`),
  single('RESPONSE_BODY', 4, ({ responseBody }) => responseBody),
  single('OUTBOUND_DATA_ERROR', 4, (view) => bit(view.isResponsePartial)),

  kept('TX', true),
  kept('IP', true),
  kept('GLOBAL', true),
  kept('SESSION', true),
  kept('USER', true),
  kept('RESOURCE', true),
  kept('ENV', true),
  kept('GEO', true),
  kept('RULE', true),
  kept('MATCHED_VAR', false),
  kept('MATCHED_VAR_NAME', false),
  kept('MATCHED_VARS', true),
  kept('MATCHED_VARS_NAMES', true),
  kept('HIGHEST_SEVERITY', false),
  kept('DURATION', false),
  kept('SESSIONID', false),
  kept('USERID', false),

  // What a gateway does not have; the table of the language says why.
  ...empty(
    'AUTH_TYPE',
    'REMOTE_USER',
    'PATH_INFO',
    'FILES_TMPNAMES',
    'STREAM_INPUT_BODY',
    'STREAM_OUTPUT_BODY',
  ),
  ...empty(
    'SCRIPT_BASENAME',
    'SCRIPT_FILENAME',
    'SCRIPT_GID',
    'SCRIPT_GROUPNAME',
    'SCRIPT_MODE',
    'SCRIPT_UID',
  ),
  ...empty('SCRIPT_USERNAME', 'SDBM_DELETE_ERROR', 'WEBSERVER_ERROR_LOG', 'PERF_RULES'),
  ...['PERF_ALL', 'PERF_COMBINED', 'PERF_GC', 'PERF_LOGGING', 'PERF_SREAD', 'PERF_SWRITE'].map(zero),
  ...['PERF_PHASE1', 'PERF_PHASE2', 'PERF_PHASE3', 'PERF_PHASE4', 'PERF_PHASE5'].map(zero),
];

/** Where every variable of the language gets its values, by its name in upper case. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map(ROWS);
