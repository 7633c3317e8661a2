import type { Bytes } from '../bytes.ts';
import { TRANSFORMATION_NAMES, TRANSFORMATIONS } from '../transformations/table.ts';
import { type ActionSet, emptyActions } from './action-set.ts';
import { ACTION_ALIASES, ACTIONS, type ActionFacts, SEVERITIES } from './action-table.ts';
import {
  parseDeprecateVar,
  parseExpireVar,
  parseInitCol,
  parseSetEnv,
  parseSetVar,
} from './action-values.ts';
import { parseControl } from './control.ts';
import { parseMacros, unknown } from './macro.ts';
import { type Pair, parsePairs } from './pairs.ts';
import type { Disruption, RulePhase } from './rule.ts';
import type { Complain } from './source.ts';

/** Says that a word is understood and has no effect. */
export type Note = (token: Bytes, message: string) => void;

/** Parses a list of actions. Errors: complaints, one for each action that is wrong; then null. */
export function parseActions(text: Bytes, complain: Complain, note: Note): ActionSet | null {
  const pairs = parsePairs(text, complain, false);
  if (pairs === null) return null;
  const set = emptyActions();
  let isGood = true;
  for (const pair of pairs) {
    const told: Complain = (token, message) => {
      isGood = false;
      complain(token, message);
    };
    applyAction(set, pair, told, note);
  }
  return isGood ? set : null;
}

function applyAction(set: ActionSet, pair: Pair, complain: Complain, note: Note): void {
  const lower = pair.name.toLowerCase();
  const name = Object.hasOwn(ACTION_ALIASES, lower) ? (ACTION_ALIASES[lower] as string) : lower;
  if (!Object.hasOwn(ACTIONS, name)) {
    complain(pair.name, unknown('action', pair.name, Object.keys(ACTIONS)));
    return;
  }
  const facts = ACTIONS[name] as ActionFacts;
  if (facts.status === 'refused')
    complain(pair.name, `The action ${pair.name} does not exist here: ${facts.note}.`);
  else if (facts.argument === 'needed' && (pair.value === null || pair.value === ''))
    complain(pair.name, `The action ${pair.name} wants a value behind a colon.`);
  else if (facts.argument === 'none' && pair.value !== null)
    complain(
      `${pair.name}:${pair.value}`,
      `The action ${pair.name} takes no value; leave out what follows the colon.`,
    );
  else if (facts.status === 'accepted')
    note(pair.name, `The action ${pair.name} has no effect. ${facts.note}`);
  else (APPLY[name] as Apply)(set, pair.value ?? '', complain, note);
}

type Apply = (set: ActionSet, value: Bytes, complain: Complain, note: Note) => void;

const disrupt =
  (kind: Disruption['kind']): Apply =>
  (set, value, complain) => {
    set.disruption = { kind, argument: parseMacros(value, complain) };
  };
const logged =
  (isLogged: boolean): Apply =>
  (set) => {
    set.isLogged = isLogged;
    set.isAudited = isLogged;
  };
const audited =
  (isAudited: boolean): Apply =>
  (set) => {
    set.isAudited = isAudited;
  };
const opens =
  (collection: string): Apply =>
  (set, value, complain) => {
    set.collections = [...set.collections, { collection, key: parseMacros(value, complain) }];
  };
const sanitizes =
  (kind: string): Apply =>
  (set, value) => {
    set.sanitizes = [...set.sanitizes, { kind, name: value }];
  };

/** What each action that works does to a set. */
const APPLY: Readonly<Record<string, Apply>> = {
  allow: (set, value, complain) => {
    const scope = value.toLowerCase();
    if (scope !== '' && scope !== 'phase' && scope !== 'request')
      complain(`allow:${value}`, 'The action allow takes phase, request or nothing.');
    set.disruption = { kind: 'allow', argument: scope === '' ? [] : [scope] };
  },
  auditlog: audited(true),
  block: disrupt('block'),
  capture: (set) => {
    set.capture = true;
  },
  chain: (set) => {
    set.isChained = true;
  },
  ctl: (set, value, complain, note) => {
    set.ctls = [...set.ctls, ...(parseControl(value, complain, note) ?? [])];
  },
  deny: disrupt('deny'),
  deprecatevar: (set, value, complain) => {
    const parsed = parseDeprecateVar(value, complain);
    if (parsed !== null) set.deprecateVars = [...set.deprecateVars, parsed];
  },
  drop: disrupt('drop'),
  expirevar: (set, value, complain) => {
    const parsed = parseExpireVar(value, complain);
    if (parsed !== null) set.expireVars = [...set.expireVars, parsed];
  },
  id: (set, value, complain) => {
    if (/^0*[1-9]\d{0,14}$/.test(value)) set.id = Number(value);
    else complain(`id:${value}`, 'An id is a number from 1 to 999999999999999.');
  },
  initcol: (set, value, complain) => {
    const parsed = parseInitCol(value, complain);
    if (parsed !== null) set.collections = [...set.collections, parsed];
  },
  log: logged(true),
  logdata: (set, value, complain) => {
    set.logData = parseMacros(value, complain);
  },
  msg: (set, value, complain) => {
    set.message = parseMacros(value, complain);
  },
  multimatch: (set) => {
    set.multiMatch = true;
  },
  noauditlog: audited(false),
  nolog: logged(false),
  pass: disrupt('pass'),
  phase: (set, value, complain) => {
    const phase = phaseOf(value);
    if (phase === null)
      complain(`phase:${value}`, 'A phase is a number from 1 to 5, request, response or logging.');
    else set.phase = phase;
  },
  proxy: disrupt('proxy'),
  redirect: disrupt('redirect'),
  rev: (set, value) => {
    set.revision = value;
  },
  sanitisearg: sanitizes('arg'),
  sanitisematched: sanitizes('matched'),
  sanitisematchedbytes: sanitizes('matchedBytes'),
  sanitiserequestheader: sanitizes('requestHeader'),
  sanitiseresponseheader: sanitizes('responseHeader'),
  setenv: (set, value, complain) => {
    const parsed = parseSetEnv(value, complain);
    if (parsed !== null) set.setVars = [...set.setVars, parsed];
  },
  setrsc: opens('RESOURCE'),
  setsid: opens('SESSION'),
  setuid: opens('USER'),
  setvar: (set, value, complain) => {
    const parsed = parseSetVar(value, complain);
    if (parsed !== null) set.setVars = [...set.setVars, parsed];
  },
  severity: (set, value, complain) => {
    const severity = /^[0-7]$/.test(value) ? Number(value) : SEVERITIES.indexOf(value.toUpperCase());
    if (severity < 0)
      complain(`severity:${value}`, `A severity is a number from 0 to 7 or one of ${SEVERITIES.join(', ')}.`);
    set.severity = severity;
  },
  skip: (set, value, complain) => {
    if (/^[1-9]\d{0,5}$/.test(value)) set.skip = Number(value);
    else complain(`skip:${value}`, 'The action skip wants a number of rules, from 1 to 999999.');
  },
  skipafter: (set, value) => {
    set.skipAfter = value;
  },
  status: (set, value, complain) => {
    if (/^[1-5]\d\d$/.test(value)) set.status = Number(value);
    else complain(`status:${value}`, 'A status is a number from 100 to 599.');
  },
  t: (set, value, complain) => {
    const name = value.toLowerCase();
    if (TRANSFORMATIONS.has(name)) set.transformations = [...set.transformations, name];
    else complain(`t:${value}`, unknown('transformation', value, TRANSFORMATION_NAMES));
  },
  tag: (set, value) => {
    set.tags = [...set.tags, value];
  },
  ver: (set, value) => {
    set.version = value;
  },
  xmlns: (set, value, complain) => {
    const at = value.indexOf('=');
    if (at > 0) set.namespaces = [...set.namespaces, [value.slice(0, at), value.slice(at + 1)]];
    else
      complain(
        `xmlns:${value}`,
        'The action xmlns wants a prefix and what it stands for, such as xmlns:soap=http://…',
      );
  },
};

function phaseOf(value: Bytes): RulePhase | null {
  const words: Readonly<Record<string, RulePhase>> = { request: 2, response: 4, logging: 5 };
  const lower = value.toLowerCase();
  if (Object.hasOwn(words, lower)) return words[lower] as RulePhase;
  return /^[1-5]$/.test(value) ? (Number(value) as RulePhase) : null;
}
