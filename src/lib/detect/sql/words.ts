/**
 * Words of SQL dialects by what they do in a statement. A word may be several things; what it is
 * here is what tells a statement from prose.
 */
export const WORD = {
  plain: 0,
  logic: 1,
  compare: 2,
  unary: 3,
  constant: 4,
  select: 5,
  union: 6,
  from: 7,
  where: 8,
  orderOrGroup: 9,
  by: 10,
  having: 11,
  statement: 12,
  caseWord: 13,
  when: 14,
  thenWord: 15,
  ifWord: 16,
  quantifier: 17,
  into: 18,
  limit: 19,
  /** Functions that hardly occur outside of injected SQL. */
  strongFunction: 20,
  /** Functions that also occur elsewhere. */
  function: 21,
  /** Tables of the system that only somebody exploring a database names. */
  catalogue: 22,
  math: 23,
  clause: 24,
} as const;

export type WordClass = (typeof WORD)[keyof typeof WORD];

const GROUPS: readonly (readonly [WordClass, string])[] = [
  [WORD.logic, 'and or xor'],
  [WORD.compare, 'like ilike rlike regexp is in between sounds similar glob match'],
  [WORD.unary, 'not binary exists any some interval'],
  [WORD.math, 'div mod'],
  [
    WORD.constant,
    'null true false current_user current_date current_timestamp session_user system_user sysdate',
  ],
  [WORD.select, 'select'],
  [WORD.union, 'union intersect except minus'],
  [WORD.from, 'from'],
  [WORD.where, 'where'],
  [WORD.orderOrGroup, 'order group'],
  [WORD.by, 'by'],
  [WORD.having, 'having'],
  [
    WORD.statement,
    `insert update delete drop create alter truncate exec execute declare waitfor shutdown grant revoke merge call do
    copy load attach backup restore replace begin use set handler prepare rename dbcc`,
  ],
  [WORD.caseWord, 'case'],
  [WORD.when, 'when'],
  [WORD.thenWord, 'then'],
  [WORD.ifWord, 'if iif ifnull nullif'],
  [WORD.quantifier, 'all distinct distinctrow top'],
  [WORD.into, 'into'],
  [WORD.limit, 'limit offset'],
  [WORD.clause, 'procedure collate as escape uescape end else'],
  [
    WORD.strongFunction,
    `sleep benchmark pg_sleep pg_sleep_for pg_sleep_until extractvalue updatexml load_file randomblob group_concat concat_ws
    generate_series regexp_substring make_set elt name_const json_keys gtid_subset gtid_subtract load_extension
    sqlite_version openrowset opendatasource openquery aes_decrypt aes_encrypt des_decrypt row_count
    st_latfromgeohash st_longfromgeohash st_pointfromgeohash xmltype query_to_xml database_to_xml get_host_address
    receive_message sqlid_to_sqlhash drithsx pg_read_file pg_ls_dir lo_import lo_export xp_cmdshell xp_dirtree xp_regread
    xp_fileexist sp_executesql sp_oacreate sp_password substring_index char_length crypt_key release_lock get_lock
    is_member is_srvrolemember has_dbaccess dbms_lock user_lock unhex conv ascii ord`,
  ],
  [
    WORD.function,
    `abs avg bin bit_length cast char chr coalesce concat convert cos count database day exp extract field floor format hex
    instr isnull last_insert_id lcase left len length locate lower lpad ltrim max md5 mid min now nvl password pi position
    power quote rand repeat reverse right round rpad rtrim schema sha sha1 sha2 sign sin space sqrt stuff substr
    substring sum to_char to_date trim ucase upper user uuid version row multipoint multipolygon polygon linestring
    geometrycollection year notexists`,
  ],
  [
    WORD.catalogue,
    `information_schema sysobjects syscolumns sysusers sysdatabases syslogins pg_catalog pg_shadow pg_user pg_tables
    pg_database sqlite_master sqlite_schema all_tables all_users all_tab_columns user_tables user_tab_columns
    v$version sysibm systables syscat msysaccessobjects msysobjects rdb$fields rdb$types rdb$collations rdb$functions
    rdb$database utl_inaddr utl_http dbms_pipe dbms_utility dbms_xmlgen dbms_ldap ctxsys xp_availablemedia
    table_name column_name table_schema domain.domains`,
  ],
];

/** Longest word worth looking up. */
export const LONGEST_WORD = 24;

const CLASSES: ReadonlyMap<string, WordClass> = new Map(
  GROUPS.flatMap(([kind, words]) => words.split(/\s+/).map((word): [string, WordClass] => [word, kind])),
);

/** What a word in lower case does; `plain` for any other. */
export function wordClass(word: string): WordClass {
  return CLASSES.get(word) ?? WORD.plain;
}

/** Classes of words that make a figure; the others only have a part in one. */
const FIGURES: ReadonlySet<WordClass> = new Set([
  WORD.logic,
  WORD.select,
  WORD.union,
  WORD.where,
  WORD.orderOrGroup,
  WORD.having,
  WORD.statement,
  WORD.caseWord,
  WORD.ifWord,
  WORD.into,
  WORD.strongFunction,
  WORD.catalogue,
]);

/**
 * What every text holds, in any case, in which SQL can be found.
 *
 * Safety: every figure begins with one of these, or lies behind a quote; words that only have a part in a figure are left out.
 */
export const SQL_TRIGGERS: readonly string[] = [
  ...GROUPS.filter(([kind]) => FIGURES.has(kind)).flatMap(([, words]) => words.trim().split(/\s+/)),
  ...["'", '"', '`', '||', '&&', '--', '#', '/*', '@@', ';', '(', 'analyse'],
];
