/** What the language knows of a control (`ctl:name=value`). */
export interface ControlFacts {
  /** As it is written. */
  readonly name: string;
  /** What its value is; `target` behind a semicolon follows where `hasTarget`. */
  readonly value: 'engine' | 'audit' | 'switch' | 'processor' | 'ids' | 'pattern' | 'bytes' | 'text';
  readonly hasTarget: boolean;
  readonly status: 'supported' | 'accepted' | 'refused';
  readonly note: string;
}

const works = (
  name: string,
  value: ControlFacts['value'],
  note: string,
  hasTarget = false,
): ControlFacts => ({
  name,
  value,
  hasTarget,
  status: 'supported',
  note,
});
const accepted = (name: string, value: ControlFacts['value'], note: string): ControlFacts => ({
  name,
  value,
  hasTarget: false,
  status: 'accepted',
  note,
});

const ROWS: readonly ControlFacts[] = [
  works('auditEngine', 'audit', 'Whether the journal shows every match of the transaction.'),
  accepted('auditLogParts', 'text', 'The journal has one form.'),
  accepted('debugLogLevel', 'text', 'There is no debug log; `portcullis waf explain` shows what rules did.'),
  works('forceRequestBodyVariable', 'switch', 'Fills `REQUEST_BODY` also where no body processor does.'),
  accepted('hashEnforcement', 'switch', 'Links are not signed by the gateway.'),
  accepted('hashEngine', 'switch', 'Links are not signed by the gateway.'),
  works('requestBodyAccess', 'switch', 'Whether rules see the body of the request.'),
  works('requestBodyLimit', 'bytes', 'How much of the body of the request rules see.'),
  works('requestBodyProcessor', 'processor', '`URLENCODED`, `MULTIPART`, `JSON` or `XML`.'),
  works('responseBodyAccess', 'switch', 'Whether rules see the body of the answer.'),
  works('responseBodyLimit', 'bytes', 'How much of the body of the answer rules see.'),
  works('ruleEngine', 'engine', '`On`, `Off` or `DetectionOnly`, for the rest of the transaction.'),
  works('ruleRemoveById', 'ids', 'Takes out a rule or a range of rules.'),
  works('ruleRemoveByMsg', 'pattern', 'Takes out the rules whose message matches.'),
  works('ruleRemoveByTag', 'pattern', 'Takes out the rules of which a tag matches.'),
  works('ruleRemoveTargetById', 'ids', 'Takes a variable out of a rule or a range of rules.', true),
  works('ruleRemoveTargetByMsg', 'pattern', 'Takes a variable out of the rules whose message matches.', true),
  works(
    'ruleRemoveTargetByTag',
    'pattern',
    'Takes a variable out of the rules of which a tag matches.',
    true,
  ),
];

/** Every control of the language, by its name in lower case. */
export const CONTROLS: ReadonlyMap<string, ControlFacts> = new Map(
  ROWS.map((row) => [row.name.toLowerCase(), row]),
);

/** Body processors that `requestBodyProcessor` names. */
export const BODY_PROCESSORS: readonly string[] = ['URLENCODED', 'MULTIPART', 'JSON', 'XML'];
