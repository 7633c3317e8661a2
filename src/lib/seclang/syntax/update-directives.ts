import { parseActions } from './action-list.ts';
import { addVariables, type Picks, picksBy, replaceVariable, updateActions } from './exclusions.ts';
import type { ProgramDraft } from './program-draft.ts';
import type { RuleExclusion } from './rule.ts';
import { finishRule, type RuleDraft } from './rule-draft.ts';
import type { Statement, Word } from './source.ts';
import { parseVariables } from './variables.ts';

const WAYS: Readonly<Record<string, 'id' | 'tag' | 'msg'>> = { byid: 'id', bytag: 'tag', bymsg: 'msg' };

/** How a directive picks rules, by the end of its name in lower case. */
const wayOf = (directive: string): 'id' | 'tag' | 'msg' =>
  WAYS[/by[a-z]+$/.exec(directive)?.[0] ?? ''] ?? 'id';

function picks(draft: ProgramDraft, statement: Statement, directive: string, word: Word): Picks | null {
  const way = wayOf(directive);
  const found = picksBy(way, word.text);
  if (found === null) {
    const wanted =
      way === 'id' ? 'ids and ranges of ids, such as 942100 or 942000-942999' : 'a pattern that can be read';
    draft.complainAbout(statement, word)(word.text, `Here stand ${wanted}.`.replace('stand a', 'stands a'));
  }
  return found;
}

/** The rules that a directive means; a note where it means none. */
function picked(draft: ProgramDraft, statement: Statement, directive: string, word: Word): RuleDraft[] {
  const pick = picks(draft, statement, directive, word);
  if (pick === null) return [];
  const rules = draft.rules().filter(pick);
  if (rules.length === 0)
    draft.noteAbout(statement, word)(
      word.text,
      `No rule before this line is meant by ${word.text}, so that nothing changes; it must stand behind the rule.`,
    );
  return rules;
}

function record(
  draft: ProgramDraft,
  { at }: Statement,
  kind: RuleExclusion['kind'],
  { text }: Word,
  rules: readonly RuleDraft[],
): void {
  if (rules.length > 0) draft.exclusions.push({ at, kind, word: text, rules: rules.map(finishRule) });
}

/** Reads `SecRuleRemoveById`, `…ByTag` and `…ByMsg`. */
export function readRemoval(
  draft: ProgramDraft,
  statement: Statement,
  directive: string,
  words: readonly Word[],
): void {
  for (const word of words) {
    const rules = picked(draft, statement, directive, word);
    record(draft, statement, 'rules', word, rules);
    draft.removeRules(new Set(rules));
  }
}

/** Reads `SecRuleUpdateTargetById`, `…ByTag` and `…ByMsg`. */
export function readTargetUpdate(
  draft: ProgramDraft,
  statement: Statement,
  directive: string,
  words: readonly Word[],
): void {
  const [which, list, old] = words as [Word, Word, Word | undefined];
  const variables = parseVariables(list.text, draft.complainAbout(statement, list));
  const replaced = old === undefined ? null : parseVariables(old.text, draft.complainAbout(statement, old));
  const rules = picked(draft, statement, directive, which);
  if (variables === null || (old !== undefined && replaced === null)) return;
  record(draft, statement, 'targets', which, rules);
  for (const rule of rules) {
    if (replaced === null) addVariables(rule, variables);
    else if (!replaced.some((one) => replaceVariable(rule, one, variables)))
      draft.noteAbout(statement, old)(
        (old as Word).text,
        `Rule ${rule.actions.id} does not look at ${(old as Word).text}, so that nothing is replaced.`,
      );
  }
}

/** Reads `SecRuleUpdateActionById id[:link] actions`. */
export function readActionUpdate(draft: ProgramDraft, statement: Statement, words: readonly Word[]): void {
  const [which, list] = words as [Word, Word];
  const complain = draft.complainAbout(statement, list);
  const actions = parseActions(list.text, complain, draft.noteAbout(statement, list));
  const found = /^(\d{1,15})(?::(\d{1,3}))?$/.exec(which.text);
  if (found === null) {
    draft.complainAbout(statement, which)(
      which.text,
      'Here stands the id of a rule, or id:1 for the first further rule of a chain.',
    );
    return;
  }
  const rule = draft.rules().find((one) => one.actions.id === Number(found[1]));
  const link = found[2] === undefined || found[2] === '0' ? rule : rule?.links[Number(found[2]) - 1];
  if (link === undefined)
    draft.noteAbout(statement, which)(
      which.text,
      `There is no rule ${which.text} before this line, so that nothing changes.`,
    );
  else if (actions !== null) {
    record(draft, statement, 'actions', which, rule === undefined ? [] : [rule]);
    const wrong = updateActions(link, actions);
    if (wrong !== '') complain(list.text, wrong);
  }
}
