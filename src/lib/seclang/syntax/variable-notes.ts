const NO_SCRIPT = 'The upstream runs the program, not the gateway.';
const NO_STREAM = 'Bodies are looked at whole in phases 2 and 4.';
const NO_CLOCK = 'Metrics and the journal tell what checks cost.';
const OTHER_STAGE = 'Who is asking is decided by other stages, and rules do not see it.';

/** Variables that never hold anything here, and why. Those of times are always 0. */
export const EMPTY_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['AUTH_TYPE', OTHER_STAGE],
  ['FILES_TMPNAMES', 'Uploads are looked at in memory and never stored.'],
  ['PATH_INFO', NO_SCRIPT],
  ['PERF_ALL', NO_CLOCK],
  ['PERF_COMBINED', NO_CLOCK],
  ['PERF_GC', NO_CLOCK],
  ['PERF_LOGGING', NO_CLOCK],
  ['PERF_PHASE1', NO_CLOCK],
  ['PERF_PHASE2', NO_CLOCK],
  ['PERF_PHASE3', NO_CLOCK],
  ['PERF_PHASE4', NO_CLOCK],
  ['PERF_PHASE5', NO_CLOCK],
  ['PERF_RULES', NO_CLOCK],
  ['PERF_SREAD', NO_CLOCK],
  ['PERF_SWRITE', NO_CLOCK],
  ['REMOTE_USER', OTHER_STAGE],
  ['SCRIPT_BASENAME', NO_SCRIPT],
  ['SCRIPT_FILENAME', NO_SCRIPT],
  ['SCRIPT_GID', NO_SCRIPT],
  ['SCRIPT_GROUPNAME', NO_SCRIPT],
  ['SCRIPT_MODE', NO_SCRIPT],
  ['SCRIPT_UID', NO_SCRIPT],
  ['SCRIPT_USERNAME', NO_SCRIPT],
  ['SDBM_DELETE_ERROR', 'Collections are kept in memory, not in files.'],
  ['STREAM_INPUT_BODY', NO_STREAM],
  ['STREAM_OUTPUT_BODY', NO_STREAM],
  ['WEBSERVER_ERROR_LOG', 'There is no error log of a web server.'],
]);

/** Variables that hold something else than in ModSecurity 2, and what. */
export const OTHER_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['ENV', 'Holds what `setenv` put there; the environment of the process is not shown to rules.'],
  [
    'FILES_DATA',
    'Ours: bytes of files that services read as data: of type JSON, XML, form or GraphQL, and those without a name or called `blob`.',
  ],
  [
    'FILES_TYPES',
    'Ours: three words of each file, the types that its name, its part and its first bytes say, such as `image/png image/png text/html`; `none` for no name, `-` for what says nothing, `empty` for no bytes.',
  ],
  [
    'GEO',
    'Holds `COUNTRY_CODE` alone, once `@geoLookup` matched; the country database is named in the configuration.',
  ],
  ['REMOTE_HOST', 'The address: names are not looked up while a request waits.'],
]);
