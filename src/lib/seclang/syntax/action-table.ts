/** What the language knows of an action. */
export interface ActionFacts {
  readonly argument: 'none' | 'needed' | 'optional';
  /** `accepted`: understood, and without effect here. */
  readonly status: 'supported' | 'accepted' | 'refused';
  /** Why it has no effect or what to do instead; for one that works what is said of it in the reference. */
  readonly note: string;
}

const plain = (note: string): ActionFacts => ({ argument: 'none', status: 'supported', note });
const needs = (note: string): ActionFacts => ({ argument: 'needed', status: 'supported', note });
const maybe = (note: string): ActionFacts => ({ argument: 'optional', status: 'supported', note });
const accepted = (note: string): ActionFacts => ({ argument: 'needed', status: 'accepted', note });
const refused = (note: string): ActionFacts => ({ argument: 'needed', status: 'refused', note });

const SANITIZE = 'The value is masked in what is recorded of the match.';
const NO_INJECTION = 'the gateway adds nothing to bodies by rules; let the upstream do it';

/** Every action of the language, in lower case. */
export const ACTIONS: Readonly<Record<string, ActionFacts>> = {
  accuracy: accepted('A number for readers of the rule.'),
  allow: maybe(
    'Ends the rules of all phases but the last; `allow:phase` those of this phase, `allow:request` those of the request.',
  ),
  append: refused(NO_INJECTION),
  auditlog: plain('The match is recorded in full.'),
  block: plain('Does what `SecDefaultAction` says.'),
  capture: plain('Groups of the pattern go to `TX:0` to `TX:9`.'),
  chain: plain('The next rule must match as well.'),
  ctl: needs('Changes the engine for this transaction; see the table of controls.'),
  deny: plain('Refuses, with 403 or what `status` says.'),
  deprecatevar: needs('Lets a counter of a collection fall with time.'),
  drop: plain('Closes the connection without an answer.'),
  exec: refused('the gateway runs no programs; watch the journal for the rule and act on it'),
  expirevar: needs('Removes a variable of a collection after so many seconds.'),
  id: needs('The number of the rule, which no other has.'),
  initcol: needs('Opens a collection that outlives the transaction.'),
  log: plain('The match is recorded; stands for `auditlog` as well.'),
  logdata: needs('Text that is recorded with the match.'),
  maturity: accepted('A number for readers of the rule.'),
  msg: needs('The message of the rule.'),
  multimatch: plain('Matches before the first and after every transformation.'),
  noauditlog: plain('The match is not recorded in full.'),
  nolog: plain('The match is not recorded; stands for `noauditlog` as well.'),
  pass: plain('Goes on with the next rule.'),
  pause: accepted('A request that waits costs the gateway more than its sender; limit or refuse it.'),
  phase: needs('1 to 5, `request` (2), `response` (4) or `logging` (5).'),
  prepend: refused(NO_INJECTION),
  proxy: needs('Refuses like `deny`: the upstream of a route is named in the configuration.'),
  redirect: needs('Answers with a redirection, 302 or what `status` says.'),
  rev: needs('The revision of the rule.'),
  sanitisearg: needs(SANITIZE),
  sanitisematched: plain(SANITIZE),
  sanitisematchedbytes: maybe(SANITIZE),
  sanitiserequestheader: needs(SANITIZE),
  sanitiseresponseheader: needs(SANITIZE),
  setenv: needs('Sets a variable of `ENV` for this transaction.'),
  setrsc: needs('Opens the collection `RESOURCE` under this key.'),
  setsid: needs('Opens the collection `SESSION` under this key.'),
  setuid: needs('Opens the collection `USER` under this key.'),
  setvar: needs('Sets, changes or removes a variable of a collection.'),
  severity: needs('0 to 7, or the name of one, `EMERGENCY` to `DEBUG`.'),
  skip: needs('Passes over so many rules or chains of this phase.'),
  skipafter: needs('Goes on behind a marker or the rule of that id.'),
  status: needs('The status of `deny` and `redirect`.'),
  t: needs('A transformation; `t:none` takes those out that stand before it.'),
  tag: needs('A category of the rule; there may be several.'),
  ver: needs('The version of the rule set.'),
  xmlns: needs('Binds a prefix of an XPath.'),
};

/** The other spelling of some actions. */
export const ACTION_ALIASES: Readonly<Record<string, string>> = {
  sanitizearg: 'sanitisearg',
  sanitizematched: 'sanitisematched',
  sanitizematchedbytes: 'sanitisematchedbytes',
  sanitizerequestheader: 'sanitiserequestheader',
  sanitizeresponseheader: 'sanitiseresponseheader',
};

/** Names of severities, 0 to 7. */
export const SEVERITIES: readonly string[] = [
  'EMERGENCY',
  'ALERT',
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG',
];
