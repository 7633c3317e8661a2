/** What the language knows of a directive. */
export interface DirectiveFacts {
  /** As it is written. */
  readonly name: string;
  readonly fewest: number;
  readonly most: number;
  /** `accepted`: understood, and without effect here. */
  readonly status: 'supported' | 'accepted' | 'refused';
  /** Why it has no effect or what to do instead; for one that works what the reference says of it. */
  readonly note: string;
}

const works = (name: string, note: string, fewest = 1, most = fewest): DirectiveFacts => ({
  name,
  fewest,
  most,
  status: 'supported',
  note,
});
const accepted = (name: string, note: string): DirectiveFacts => ({
  name,
  fewest: 0,
  most: Number.POSITIVE_INFINITY,
  status: 'accepted',
  note,
});
const refused = (name: string, note: string): DirectiveFacts => ({
  name,
  fewest: 0,
  most: Number.POSITIVE_INFINITY,
  status: 'refused',
  note,
});

const ANY = Number.POSITIVE_INFINITY;
const AUDIT = 'The journal takes the place of the audit log.';
const DEBUG = 'There is no debug log; `portcullis waf explain` shows what rules did.';
const CONNECTIONS = 'Connections are limited by the listener.';
const UPLOADS = 'Uploads are looked at in memory and never stored.';
const HASH = 'the gateway signs no links; take the directive out';
const INJECTION = 'the gateway changes no bodies by rules; take the directive out';
const PROGRAM = 'the gateway runs no programs; take the directive out';
const SERVER = 'it belongs to a web server, not to rules; take it out';

const ROWS: readonly DirectiveFacts[] = [
  works(
    'Include',
    'Reads files, by name or with `*`, `?` and `[…]` in it, seen from the folder of the file that includes them.',
  ),
  works('IncludeOptional', 'The same, where there may be none.'),
  works('SecAction', 'Actions that are always taken.'),
  works('SecArgumentSeparator', 'What stands between arguments of a form; `&` without it.'),
  works('SecArgumentsLimit', 'How many arguments a request may have.'),
  works('SecCollectionTimeout', 'Seconds that collections live when nobody writes to them.'),
  works('SecComponentSignature', 'The name of a rule set, for the journal.'),
  works('SecCookieFormat', '0 (Netscape) or 1.'),
  works('SecDefaultAction', 'Actions under those of the rules that follow.'),
  works('SecMarker', 'Where a `skipAfter` leads.'),
  works(
    'SecPcreMatchLimit',
    'Kept for rules that ask for it; patterns are matched in linear time, so that it is never reached.',
  ),
  works('SecRequestBodyAccess', 'Whether rules see bodies of requests.'),
  works('SecRequestBodyJsonDepthLimit', 'How deep JSON may nest.'),
  works('SecRequestBodyLimit', 'Bytes of a request body with files.'),
  works('SecRequestBodyLimitAction', '`Reject`, or `ProcessPartial`.'),
  works('SecRequestBodyNoFilesLimit', 'Bytes of a request body without its files.'),
  works('SecResponseBodyAccess', 'Whether rules see bodies of answers.'),
  works('SecResponseBodyLimit', 'Bytes of the body of an answer.'),
  works('SecResponseBodyLimitAction', '`Reject`, or `ProcessPartial`.'),
  works('SecResponseBodyMimeType', 'Types of answers whose bodies rules see.', 1, ANY),
  works('SecResponseBodyMimeTypesClear', 'Takes all of them out.', 0),
  works('SecRule', 'Variables, an operator, actions.', 2, 3),
  works('SecRuleEngine', '`On`, `Off` or `DetectionOnly`.'),
  works('SecRuleRemoveById', 'Takes rules out that stand before it: ids and ranges.', 1, ANY),
  works('SecRuleRemoveByMsg', 'Takes rules out whose message matches.', 1, ANY),
  works('SecRuleRemoveByTag', 'Takes rules out of which a tag matches.', 1, ANY),
  works('SecRuleUpdateActionById', 'Lays actions over those of a rule (`id`, or `id:link` of a chain).', 2),
  works(
    'SecRuleUpdateTargetById',
    'Adds variables to rules or takes them out; a third word is what the second replaces.',
    2,
    3,
  ),
  works('SecRuleUpdateTargetByMsg', 'The same for the rules whose message matches.', 2, 3),
  works('SecRuleUpdateTargetByTag', 'The same for the rules of which a tag matches.', 2, 3),
  works('SecServerSignature', 'Read; what answers say of the server is a matter of the configuration.'),
  works('SecUnicodeMapFile', 'The file, and optionally the code page, of `t:urlDecodeUni`.', 1, 2),
  works('SecWebAppId', 'What `WEBAPPID` holds.'),
  accepted('SecAuditEngine', AUDIT),
  accepted('SecAuditLog', AUDIT),
  accepted('SecAuditLog2', AUDIT),
  accepted('SecAuditLogDirMode', AUDIT),
  accepted('SecAuditLogFileMode', AUDIT),
  accepted('SecAuditLogFormat', AUDIT),
  accepted('SecAuditLogParts', AUDIT),
  accepted('SecAuditLogRelevantStatus', AUDIT),
  accepted('SecAuditLogStorageDir', AUDIT),
  accepted('SecAuditLogType', AUDIT),
  accepted('SecCacheTransformations', 'Each transformation is run once per value anyway.'),
  accepted('SecConnEngine', CONNECTIONS),
  accepted('SecConnReadStateLimit', CONNECTIONS),
  accepted('SecConnWriteStateLimit', CONNECTIONS),
  accepted('SecDataDir', 'Collections are kept in memory.'),
  accepted('SecDebugLog', DEBUG),
  accepted('SecDebugLogLevel', DEBUG),
  accepted('SecDisableBackendCompression', 'Answers are inflated within a budget where rules look at them.'),
  accepted('SecGeoLookupDb', 'The country database is named in the configuration.'),
  accepted('SecGuardianLog', AUDIT),
  accepted('SecInterceptOnError', 'What rules could not decide is a decision by policy, `deny` by default.'),
  accepted('SecPcreMatchLimitRecursion', 'Patterns are matched in linear time.'),
  accepted('SecReadStateLimit', CONNECTIONS),
  accepted(
    'SecRequestBodyInMemoryLimit',
    'Bodies are only ever kept in memory, within the limits of the configuration.',
  ),
  accepted('SecRequestEncoding', 'Rules match bytes.'),
  accepted('SecRuleInheritance', 'There is one context; rules of a route are named in its configuration.'),
  accepted('SecRulePerfTime', 'Metrics tell what checks cost.'),
  accepted('SecSensorId', 'The journal names the gateway.'),
  accepted('SecStatusEngine', 'The gateway reports to nobody.'),
  accepted('SecTmpDir', UPLOADS),
  accepted('SecTmpSaveUploadedFiles', UPLOADS),
  accepted('SecUnicodeCodePage', '`SecUnicodeMapFile` names the code page.'),
  accepted('SecUploadDir', UPLOADS),
  accepted('SecUploadFileLimit', 'Parts are counted against the limit of arguments.'),
  accepted('SecUploadFileMode', UPLOADS),
  accepted('SecUploadKeepFiles', UPLOADS),
  accepted('SecWriteStateLimit', CONNECTIONS),
  accepted('SecXmlExternalEntity', 'External entities are never loaded.'),
  refused('SecAuditLogPrefix', 'take it out; the journal takes the place of the audit log'),
  refused('SecChrootDir', 'confine the process with the system, such as systemd or a container'),
  refused('SecContentInjection', INJECTION),
  refused('SecGsbLookupDb', 'Google Safe Browsing has no local lists any more; take it out'),
  refused('SecHashEngine', HASH),
  refused('SecHashKey', HASH),
  refused('SecHashMethodPm', HASH),
  refused('SecHashMethodRx', HASH),
  refused('SecHashParam', HASH),
  refused(
    'SecHttpBlKey',
    'a key of http:BL would be sent with every look-up; use a reputation list of the configuration',
  ),
  refused('SecRemoteRules', 'rules are read from files; fetch them and include them'),
  refused('SecRemoteRulesFailAction', 'rules are read from files; fetch them and include them'),
  refused('SecRuleScript', PROGRAM),
  refused('SecStreamInBodyInspection', INJECTION),
  refused('SecStreamOutBodyInspection', INJECTION),
  refused('AddHandler', SERVER),
  refused('CustomLog', SERVER),
  refused('Define', 'there are no variables of the server in rule files; write the value'),
  refused('DocumentRoot', SERVER),
  refused('ErrorLog', SERVER),
  refused('Header', SERVER),
  refused('Listen', SERVER),
  refused('LoadFile', SERVER),
  refused('LoadModule', SERVER),
  refused('RequestHeader', SERVER),
  refused('SetEnvIf', SERVER),
];

/** Every directive that is known, by its name in lower case. */
export const DIRECTIVES: ReadonlyMap<string, DirectiveFacts> = new Map(
  ROWS.map((row) => [row.name.toLowerCase(), row]),
);

/** Modules whose `<IfModule>` is true here. */
export const MODULES: readonly string[] = ['security2_module', 'mod_security2.c', 'mod_security2'];
