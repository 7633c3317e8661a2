import type { Bytes } from '../bytes.ts';
import { BODY_PROCESSORS, CONTROLS, type ControlFacts } from './control-table.ts';
import { parseIdRanges } from './id-ranges.ts';
import { unknown } from './macro.ts';
import { parsePairs } from './pairs.ts';
import type { Ctl, VariableRef } from './rule.ts';
import type { Complain } from './source.ts';
import { parseVariable } from './variables.ts';

const SWITCH = ['on', 'off'];
const WORDS: Partial<Record<ControlFacts['value'], readonly string[]>> = {
  engine: ['on', 'off', 'detectiononly'],
  audit: ['on', 'off', 'relevantonly'],
  switch: SWITCH,
};

/** Parses `ctl:name=value`, one entry for each target. Errors: a complaint; then null. */
export function parseControl(text: Bytes, complain: Complain, note: Complain): Ctl[] | null {
  const at = text.indexOf('=');
  const word = (at < 0 ? text : text.slice(0, at)).trim();
  const value = at < 0 ? '' : text.slice(at + 1);
  const facts = CONTROLS.get(word.toLowerCase());
  if (facts === undefined) {
    complain(
      word,
      unknown(
        'control',
        word,
        [...CONTROLS.values()].map(({ name }) => name),
      ),
    );
    return null;
  }
  if (facts.status === 'accepted') note(`ctl:${word}`, `ctl:${facts.name} has no effect. ${facts.note}`);
  return facts.hasTarget ? parseTargeted(facts, value, complain) : parseValue(facts, value, complain);
}

function parseValue(facts: ControlFacts, value: Bytes, complain: Complain): Ctl[] | null {
  const wrong = mistakeOf(facts, value);
  if (wrong === '') return facts.status === 'accepted' ? [] : [{ name: facts.name, value, target: null }];
  complain(value === '' ? facts.name : value, wrong);
  return null;
}

function mistakeOf({ name, value: kind }: ControlFacts, value: Bytes): string {
  const words = WORDS[kind];
  if (words !== undefined && !words.includes(value.toLowerCase()))
    return `ctl:${name} wants one of ${words.join(', ')}, in any case.`;
  if (kind === 'processor' && !BODY_PROCESSORS.includes(value.toUpperCase()))
    return `ctl:${name} wants one of ${BODY_PROCESSORS.join(', ')}.`;
  if (kind === 'ids' && parseIdRanges(value) === null)
    return `ctl:${name} wants an id or a range of ids, such as 942100 or 942000-942999.`;
  if (kind === 'bytes' && !/^\d{1,15}$/.test(value)) return `ctl:${name} wants a number of bytes.`;
  if (kind === 'pattern' && value === '') return `ctl:${name} wants a pattern.`;
  return '';
}

function parseTargeted(facts: ControlFacts, text: Bytes, complain: Complain): Ctl[] | null {
  const at = text.indexOf(';');
  const value = at < 0 ? text : text.slice(0, at);
  const targets = at < 0 ? [] : parseTargets(text.slice(at + 1), complain);
  if (targets === null) return null;
  const wrong = mistakeOf(facts, value);
  if (wrong === '' && targets.length > 0) {
    return targets.map((target) => ({ name: facts.name, value, target }));
  }
  complain(
    text,
    wrong === ''
      ? `ctl:${facts.name} wants a variable behind a semicolon, such as ${value};ARGS:comment.`
      : wrong,
  );
  return null;
}

/** Parses what a rule is not to look at; an exclamation mark before it says the same. */
export function parseTargets(text: Bytes, complain: Complain): VariableRef[] | null {
  const pairs = parsePairs(text, complain, true);
  if (pairs === null) return null;
  const targets = pairs.map((pair) => {
    const name = pair.name.startsWith('!') ? pair.name : `!${pair.name}`;
    const variable = parseVariable({ ...pair, name }, complain);
    return variable === null ? null : { ...variable, isExclusion: false };
  });
  return targets.every((target) => target !== null) ? targets : null;
}
