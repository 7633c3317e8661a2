import type { Bytes } from '../bytes.ts';
import { parseActions } from './action-list.ts';
import { type ActionSet, emptyActions, mergeActions } from './action-set.ts';
import { fileKey } from './file-key.ts';
import { type ParsedOperator, parseOperator } from './operator-text.ts';
import type { ProgramDraft } from './program-draft.ts';
import type { RuleFileReader, VariableRef } from './rule.ts';
import { blockOf, type RuleDraft } from './rule-draft.ts';
import type { Complain, Statement, Word } from './source.ts';
import { parseVariables } from './variables.ts';

/** Reads `SecRule variables operator actions`. */
export function readRule(
  draft: ProgramDraft,
  statement: Statement,
  words: readonly Word[],
  reader: RuleFileReader,
): void {
  const [targets, operator, list] = words;
  const variables = parseVariables((targets as Word).text, draft.complainAbout(statement, targets));
  const parsed = parseOperator((operator as Word).text, draft.complainAbout(statement, operator));
  if (parsed !== null) {
    const complain = draft.complainAbout(statement, operator);
    readDataFiles(draft, parsed, statement.at.file, reader, complain);
    noteBlank((operator as Word).text, draft.noteAbout(statement, operator));
  }
  const actions = parseList(draft, statement, list);
  addRule(draft, statement, { variables, parsed, actions });
}

/** Reads `SecAction actions`. */
export function readAction(draft: ProgramDraft, statement: Statement, words: readonly Word[]): void {
  addRule(draft, statement, {
    variables: [],
    parsed: undefined,
    actions: parseList(draft, statement, words[0]),
  });
}

function noteBlank(operator: Bytes, note: Complain): void {
  if (/^\s+!?@/.test(operator))
    note(
      operator,
      'A blank stands before the operator, so that it is a pattern and not an operator; take the blank out.',
    );
}

function parseList(draft: ProgramDraft, statement: Statement, word: Word | undefined): ActionSet | null {
  if (word === undefined) return emptyActions();
  return parseActions(word.text, draft.complainAbout(statement, word), draft.noteAbout(statement, word));
}

interface Parts {
  readonly variables: readonly VariableRef[] | null;
  /** undefined for SecAction. */
  readonly parsed: ParsedOperator | null | undefined;
  readonly actions: ActionSet | null;
}

function addRule(draft: ProgramDraft, statement: Statement, { variables, parsed, actions }: Parts): void {
  if (variables === null || parsed === null || actions === null) {
    goOn(draft, actions?.isChained ?? /\bchain\b/i.test(statement.text), null);
    return;
  }
  const defaults = draft.defaultsOf(actions.phase ?? draft.openChain?.actions.phase ?? null);
  const rule: RuleDraft = {
    at: statement.at,
    variables,
    operator: parsed?.operator ?? null,
    actions: mergeActions(defaults, actions),
    blocks: blockOf(defaults),
    links: [],
  };
  goOn(draft, actions.isChained, placeRule(draft, statement, rule, actions) ? rule : null);
}

/** Puts a rule where it belongs. Shape: whether it begins or continues a chain that is there. */
function placeRule(draft: ProgramDraft, statement: Statement, rule: RuleDraft, own: ActionSet): boolean {
  // A further rule of a chain whose beginning was wrong: that is told, and this must not look like a rule without an id.
  if (draft.isBrokenChain && own.id === null) return false;
  const wrong = draft.openChain === null ? mistakeOfStarter(own, rule) : mistakeOfLink(own);
  if (wrong !== null) {
    draft.report(statement.problem(wrong.token, wrong.message));
    return false;
  }
  if (draft.openChain === null) return draft.addRule(rule, statement);
  draft.openChain.links.push(rule);
  return true;
}

/** What the next rule is: a link of the chain that is open, one of a chain that was wrong, or a rule of its own. */
function goOn(draft: ProgramDraft, isChained: boolean, rule: RuleDraft | null): void {
  draft.isBrokenChain = isChained && draft.openChain === null && rule === null;
  draft.openChain = isChained ? (draft.openChain ?? rule) : null;
}

interface Mistake {
  readonly token: Bytes;
  readonly message: string;
}

function mistakeOfStarter(actions: ActionSet, rule: RuleDraft): Mistake | null {
  if (actions.id === null)
    return {
      token: '',
      message: 'This rule has no id; add id: and a number that no other rule has to its actions.',
    };
  const kind = actions.disruption?.kind;
  if (rule.actions.phase === 5 && kind !== undefined && !['allow', 'pass', 'block'].includes(kind))
    return {
      token: kind,
      message: `In phase 5 the answer is on its way, so that ${kind} comes too late; use an earlier phase.`,
    };
  return null;
}

function mistakeOfLink(actions: ActionSet): Mistake | null {
  const said: readonly (readonly [token: string, isSaid: boolean])[] = [
    ['id', actions.id !== null],
    ['phase', actions.phase !== null],
    [actions.disruption?.kind ?? '', actions.disruption !== null],
    ['skipAfter', actions.skipAfter !== null],
    ['skip', actions.skip !== null],
    ['msg', actions.message !== null],
    ['logdata', actions.logData !== null],
    ['severity', actions.severity !== null],
    ['rev', actions.revision !== null],
    ['ver', actions.version !== null],
  ];
  const found = said.find(([, isSaid]) => isSaid);
  if (found === undefined) return null;
  return {
    token: found[0],
    message: `${found[0]} stands in a further rule of a chain; only the first one may say it. If this is a rule of its own, the one before has one chain too many.`,
  };
}

function readDataFiles(
  draft: ProgramDraft,
  { operator, row, argument }: ParsedOperator,
  ruleFile: string,
  reader: RuleFileReader,
  complain: Complain,
): void {
  if (!row.namesFiles) return;
  const names = argument.split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) complain(`@${operator.name}`, `@${operator.name} wants the name of a file.`);
  for (const name of names) {
    const key = fileKey(name, ruleFile);
    if (draft.dataFiles.has(key)) continue;
    const content = /^https?:/i.test(name) ? null : readFirst(name, ruleFile, reader);
    if (content === null)
      complain(
        name,
        `There is no file ${name}, or it cannot be read; it is looked for in the folder of the rule file.`,
      );
    else draft.dataFiles.set(key, content);
  }
}

/** The first file of a name that can be read; null where there is none. */
export function readFirst(name: string, fromFile: string, reader: RuleFileReader): Bytes | null {
  const path = reader.find(name, fromFile)[0];
  return path === undefined ? null : reader.read(path);
}

/** Reads `SecDefaultAction actions`. */
export function readDefaults(draft: ProgramDraft, statement: Statement, words: readonly Word[]): void {
  const actions = parseList(draft, statement, words[0]);
  if (actions === null) return;
  const wrong = mistakeOfDefaults(actions);
  if (wrong === null) draft.setDefaults(actions);
  else draft.report(statement.problem(wrong.token, wrong.message, words[0]?.offset));
}

function mistakeOfDefaults(actions: ActionSet): Mistake | null {
  if (actions.disruption === null || actions.disruption.kind === 'block')
    return {
      token: '',
      message: 'The defaults must say what block stands for; add deny, pass or another disruptive action.',
    };
  if (actions.phase === null) return { token: '', message: 'The defaults must name a phase; add phase:2.' };
  const said: readonly (readonly [token: string, isSaid: boolean])[] = [
    ['chain', actions.isChained],
    ['id', actions.id !== null],
    ['msg', actions.message !== null],
    ['logdata', actions.logData !== null],
    ['severity', actions.severity !== null],
    ['rev', actions.revision !== null],
    ['ver', actions.version !== null],
    ['skip', actions.skip !== null],
    ['skipAfter', actions.skipAfter !== null],
  ];
  const found = said.find(([, isSaid]) => isSaid);
  return found === undefined
    ? null
    : { token: found[0], message: `${found[0]} belongs to one rule and cannot be a default; take it out.` };
}
