/** What the language knows of a variable. */
export interface VariableFacts {
  /** `single`: one value; `collection`: any number; `map`: a collection of which a rule must name what it wants. */
  readonly kind: 'single' | 'collection' | 'map';
  /** Whether `:name` may follow. */
  readonly isSelectable: boolean;
  /** The first phase in which it can be filled. */
  readonly phase: 1 | 2 | 3 | 4 | 5;
  /** Why it stays empty, or what stands in its place; '' for a variable that is as in ModSecurity 2. */
  readonly note: string;
}

const single = (phase: VariableFacts['phase'], note = ''): VariableFacts => ({
  kind: 'single',
  isSelectable: false,
  phase,
  note,
});
const collection = (phase: VariableFacts['phase'], note = ''): VariableFacts => ({
  kind: 'collection',
  isSelectable: true,
  phase,
  note,
});
const map = (phase: VariableFacts['phase'], note = ''): VariableFacts => ({
  kind: 'map',
  isSelectable: true,
  phase,
  note,
});
/** A collection that has one value only: it can be counted, not selected from. */
const sum = (phase: VariableFacts['phase'], note = ''): VariableFacts => ({
  kind: 'collection',
  isSelectable: false,
  phase,
  note,
});

const NO_SCRIPT = 'Empty: the upstream runs the program, not the gateway.';
const NO_CALLER = 'Empty: who is asking is decided by other stages, and rules do not see it.';
const NO_FILE = 'Empty: uploads are looked at in memory and never stored.';
const NO_STREAM = 'Empty: bodies are looked at whole in phases 2 and 4.';
const NO_CLOCK = 'Zero: `portcullis_*` metrics and the journal tell what checks cost.';

/** Every variable of the language. */
export const VARIABLES: Readonly<Record<string, VariableFacts>> = {
  ARGS: collection(1),
  ARGS_COMBINED_SIZE: sum(1),
  ARGS_GET: collection(1),
  ARGS_GET_NAMES: collection(1),
  ARGS_NAMES: collection(1),
  ARGS_POST: collection(2),
  ARGS_POST_NAMES: collection(2),
  AUTH_TYPE: single(1, NO_CALLER),
  DURATION: single(1),
  ENV: map(1, 'Holds what `setenv` put there; the environment of the process is not shown to rules.'),
  FILES: collection(2),
  FILES_COMBINED_SIZE: sum(2),
  FILES_NAMES: collection(2),
  FILES_SIZES: collection(2),
  FILES_TMPNAMES: collection(2, NO_FILE),
  FILES_TMP_CONTENT: collection(2, 'What uploads hold, without a file.'),
  FULL_REQUEST: single(2),
  FULL_REQUEST_LENGTH: single(2),
  GEO: collection(1, 'Holds `COUNTRY_CODE` after `@geoLookup`.'),
  GLOBAL: map(1),
  HIGHEST_SEVERITY: single(1),
  INBOUND_DATA_ERROR: single(2),
  IP: map(1),
  MATCHED_VAR: single(1),
  MATCHED_VARS: collection(1),
  MATCHED_VARS_NAMES: collection(1),
  MATCHED_VAR_NAME: single(1),
  MODSEC_BUILD: single(1),
  MULTIPART_BOUNDARY_QUOTED: single(2),
  MULTIPART_BOUNDARY_WHITESPACE: single(2),
  MULTIPART_CRLF_LF_LINES: single(2),
  MULTIPART_CRLF_LINE: single(2),
  MULTIPART_DATA_AFTER: single(2),
  MULTIPART_DATA_BEFORE: single(2),
  MULTIPART_FILENAME: single(2),
  MULTIPART_FILE_LIMIT_EXCEEDED: single(2),
  MULTIPART_HEADER_FOLDING: single(2),
  MULTIPART_INVALID_HEADER_FOLDING: single(2),
  MULTIPART_INVALID_PART: single(2),
  MULTIPART_INVALID_QUOTING: single(2),
  MULTIPART_LF_LINE: single(2),
  MULTIPART_MISSING_SEMICOLON: single(2),
  MULTIPART_NAME: single(2),
  MULTIPART_PART_HEADERS: collection(2),
  MULTIPART_STRICT_ERROR: single(2),
  MULTIPART_UNMATCHED_BOUNDARY: single(2),
  OUTBOUND_DATA_ERROR: single(4),
  PATH_INFO: single(1, NO_SCRIPT),
  PERF_ALL: single(5, NO_CLOCK),
  PERF_COMBINED: single(5, NO_CLOCK),
  PERF_GC: single(5, NO_CLOCK),
  PERF_LOGGING: single(5, NO_CLOCK),
  PERF_PHASE1: single(1, NO_CLOCK),
  PERF_PHASE2: single(2, NO_CLOCK),
  PERF_PHASE3: single(3, NO_CLOCK),
  PERF_PHASE4: single(4, NO_CLOCK),
  PERF_PHASE5: single(5, NO_CLOCK),
  PERF_RULES: collection(5, NO_CLOCK),
  PERF_SREAD: single(5, NO_CLOCK),
  PERF_SWRITE: single(5, NO_CLOCK),
  QUERY_STRING: single(1),
  REMOTE_ADDR: single(1),
  REMOTE_HOST: single(1, 'The address: names are not looked up while a request waits.'),
  REMOTE_PORT: single(1),
  REMOTE_USER: single(1, NO_CALLER),
  REQBODY_ERROR: single(2),
  REQBODY_ERROR_MSG: single(2),
  REQBODY_PROCESSOR: single(1),
  REQBODY_PROCESSOR_ERROR: single(2),
  REQBODY_PROCESSOR_ERROR_MSG: single(2),
  REQUEST_BASENAME: single(1),
  REQUEST_BODY: single(2),
  REQUEST_BODY_LENGTH: single(2),
  REQUEST_COOKIES: collection(1),
  REQUEST_COOKIES_NAMES: collection(1),
  REQUEST_FILENAME: single(1),
  REQUEST_HEADERS: collection(1),
  REQUEST_HEADERS_NAMES: collection(1),
  REQUEST_LINE: single(1),
  REQUEST_METHOD: single(1),
  REQUEST_PROTOCOL: single(1),
  REQUEST_URI: single(1),
  REQUEST_URI_RAW: single(1),
  RESOURCE: map(1),
  RESPONSE_BODY: single(4),
  RESPONSE_CONTENT_LENGTH: single(3),
  RESPONSE_CONTENT_TYPE: single(3),
  RESPONSE_HEADERS: collection(3),
  RESPONSE_HEADERS_NAMES: collection(3),
  RESPONSE_PROTOCOL: single(3),
  RESPONSE_STATUS: single(3),
  RULE: map(1),
  SCRIPT_BASENAME: single(1, NO_SCRIPT),
  SCRIPT_FILENAME: single(1, NO_SCRIPT),
  SCRIPT_GID: single(1, NO_SCRIPT),
  SCRIPT_GROUPNAME: single(1, NO_SCRIPT),
  SCRIPT_MODE: single(1, NO_SCRIPT),
  SCRIPT_UID: single(1, NO_SCRIPT),
  SCRIPT_USERNAME: single(1, NO_SCRIPT),
  SDBM_DELETE_ERROR: single(1, 'Empty: collections are kept in memory, not in SDBM files.'),
  SERVER_ADDR: single(1),
  SERVER_NAME: single(1),
  SERVER_PORT: single(1),
  SESSION: map(1),
  SESSIONID: single(1),
  STATUS_LINE: single(
    3,
    'The status, and the phrase of a common one; that of the upstream is not passed on.',
  ),
  STREAM_INPUT_BODY: single(2, NO_STREAM),
  STREAM_OUTPUT_BODY: single(4, NO_STREAM),
  TIME: single(1),
  TIME_DAY: single(1),
  TIME_EPOCH: single(1),
  TIME_HOUR: single(1),
  TIME_MIN: single(1),
  TIME_MON: single(1),
  TIME_SEC: single(1),
  TIME_WDAY: single(1),
  TIME_YEAR: single(1),
  TX: map(1),
  UNIQUE_ID: single(1),
  URLENCODED_ERROR: single(2),
  USER: map(1),
  USERAGENT_IP: single(1),
  USERID: single(1),
  WEBAPPID: single(1),
  WEBSERVER_ERROR_LOG: sum(1, 'Empty: the gateway has no error log of a web server.'),
  XML: collection(2),
};

/** Other names of variables. */
export const VARIABLE_ALIASES: Readonly<Record<string, string>> = {
  // ModSecurity 3 calls it so, and its recommended file as well.
  MULTIPART_SEMICOLON_MISSING: 'MULTIPART_MISSING_SEMICOLON',
};

/** Collections that rules write to and that outlive a transaction. */
export const PERSISTENT_COLLECTIONS: readonly string[] = ['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER'];
