import type { Bytes } from '../bytes.ts';
import { parseMacros, unknown } from './macro.ts';
import type { MacroText, Rule, SetVar } from './rule.ts';
import type { Complain } from './source.ts';
import { PERSISTENT_COLLECTIONS } from './variable-grammar.ts';

const WRITABLE = ['TX', ...PERSISTENT_COLLECTIONS];

/** Cuts `name=value` at the first equals sign; null for the value where there is none. */
function cut(text: Bytes, separator: string): [name: Bytes, value: Bytes | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

interface Place {
  readonly collection: string;
  readonly key: MacroText;
}

/** Parses `collection.key`. Errors: a complaint; then null. */
function parsePlace(action: string, text: Bytes, known: readonly string[], complain: Complain): Place | null {
  const [name, key] = cut(text, '.');
  if (key === null || key === '') {
    complain(
      text,
      `${action} wants a collection and a name with a dot between, such as tx.${name === '' ? 'score' : name}.`,
    );
    return null;
  }
  const collection = name.toUpperCase();
  if (!known.includes(collection)) {
    complain(name, unknown('collection', name, known));
    return null;
  }
  return { collection, key: parseMacros(key, complain) };
}

/** Parses `setvar`: `tx.a`, `tx.a=text`, `tx.a=+1`, `tx.a=-1`, `!tx.a`. Errors: a complaint; then null. */
export function parseSetVar(text: Bytes, complain: Complain): SetVar | null {
  const isUnset = text.startsWith('!');
  const [name, written] = cut(isUnset ? text.slice(1) : text, '=');
  const place = parsePlace('setvar', name.trim(), WRITABLE, complain);
  if (place === null) return null;
  if (isUnset) return { ...place, change: 'unset', value: [] };
  const value = written === null ? '1' : written.trimStart();
  const change = value.startsWith('+') ? 'add' : value.startsWith('-') ? 'subtract' : 'set';
  return { ...place, change, value: parseMacros(change === 'set' ? value : value.slice(1), complain) };
}

/** Parses `setenv`: `name=text`, or `!name`. */
export function parseSetEnv(text: Bytes, complain: Complain): SetVar | null {
  const isUnset = text.startsWith('!');
  const [name, value] = cut(isUnset ? text.slice(1) : text, '=');
  if (name === '') {
    complain(text, 'setenv wants a name, such as setenv:suspicious=1.');
    return null;
  }
  return {
    collection: 'ENV',
    key: parseMacros(name, complain),
    change: isUnset ? 'unset' : 'set',
    value: isUnset ? [] : parseMacros(value ?? '1', complain),
  };
}

/** Parses `expirevar`: `collection.key=seconds`. Errors: a complaint; then null. */
export function parseExpireVar(text: Bytes, complain: Complain): Rule['expireVars'][number] | null {
  const [name, seconds] = cut(text, '=');
  const place = parsePlace('expirevar', name, WRITABLE, complain);
  if (place === null) return null;
  if (seconds === null || !/^(?:\d{1,9}|.*%\{.*)$/s.test(seconds)) {
    complain(
      text,
      'expirevar wants a number of seconds behind an equals sign, such as expirevar:ip.score=60.',
    );
    return null;
  }
  return { ...place, seconds: parseMacros(seconds, complain) };
}

/** Parses `deprecatevar`: `collection.key=amount/seconds`. Errors: a complaint; then null. */
export function parseDeprecateVar(text: Bytes, complain: Complain): Rule['deprecateVars'][number] | null {
  const [name, rate] = cut(text, '=');
  const place = parsePlace('deprecatevar', name, WRITABLE, complain);
  if (place === null) return null;
  const found = /^(\d{1,9})\/(\d{1,9})$/.exec(rate ?? '');
  if (found === null || Number(found[2]) === 0) {
    complain(
      text,
      'deprecatevar wants how much in how many seconds, such as deprecatevar:session.score=60/300.',
    );
    return null;
  }
  return { ...place, amount: Number(found[1]), seconds: Number(found[2]) };
}

/** Parses `initcol`: `collection=key`. Errors: a complaint; then null. */
export function parseInitCol(text: Bytes, complain: Complain): Rule['collections'][number] | null {
  const [name, key] = cut(text, '=');
  const collection = name.toUpperCase();
  if (key === null || key === '') {
    complain(text, 'initcol wants a collection and its key, such as initcol:ip=%{REMOTE_ADDR}.');
    return null;
  }
  if (!PERSISTENT_COLLECTIONS.includes(collection)) {
    complain(name, unknown('collection', name, PERSISTENT_COLLECTIONS));
    return null;
  }
  return { collection, key: parseMacros(key, complain) };
}
