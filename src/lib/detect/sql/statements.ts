import { isCall, isOver, isPlainlySelect, isSelectList, skipOpeners } from './grammar.ts';
import { type SqlTokens, TOKEN } from './tokens.ts';
import { WORD } from './words.ts';

/** How much a statement looks like one: not, as prose might, or as only SQL does. */
export const LOOKS = { unlike: 0, like: 1, plainly: 2 } as const;

const OBJECTS = new Set(
  'table database function procedure proc view index user schema column login role trigger sequence temporary temp or global type aggregate extension'.split(
    ' ',
  ),
);

/** Words behind the name of an object. */
const GO_ON =
  /^(?:add|alter|as|cascade|drop|for|from|identified|modify|on|owner|rename|returns|set|to|with)$/;

/** Text of a token in lower case. */
function lower(tokens: SqlTokens, at: number): string {
  if (at >= tokens.count || tokens.ends[at]! - tokens.starts[at]! > 40) return '';
  return tokens.text.slice(tokens.starts[at], tokens.ends[at]).toLowerCase();
}

function isEnd(tokens: SqlTokens, at: number): boolean {
  return isOver(tokens, at) || tokens.kinds[at] === TOKEN.semicolon;
}

/** Behind a name of one or more parts. */
function nameEnd(tokens: SqlTokens, from: number): number {
  let at = from + 1;
  while (tokens.kinds[at] === TOKEN.dot && at < from + 12) at += 2;
  return at;
}

function isName(tokens: SqlTokens, at: number): boolean {
  return (
    tokens.kinds[at] === TOKEN.word ||
    tokens.kinds[at] === TOKEN.string ||
    tokens.kinds[at] === TOKEN.variable
  );
}

type Judge = (tokens: SqlTokens, at: number) => number;

/** `drop table x` and its like: prose has more words behind. */
const objectStatement: Judge = (tokens, at) => {
  if (!OBJECTS.has(lower(tokens, at + 1)) || !isName(tokens, at + 2)) return LOOKS.unlike;
  if (lower(tokens, at + 2) === 'if') return LOOKS.plainly;
  const end = nameEnd(tokens, at + 2);
  const next = tokens.kinds[end];
  // Nothing before and nothing behind it: people sell table runners.
  if (at === 0 && end >= tokens.count) return LOOKS.like;
  const isWhole = isEnd(tokens, end) || next === TOKEN.open || GO_ON.test(lower(tokens, end));
  return isWhole ? LOOKS.plainly : LOOKS.unlike;
};

const insert: Judge = (tokens, at) => {
  if (tokens.words[at + 1] !== WORD.into || !isName(tokens, at + 2)) return LOOKS.unlike;
  const end = nameEnd(tokens, at + 2);
  const next = lower(tokens, end);
  return next === '(' || next === 'values' || next === 'select' || next === 'set' || next === 'default'
    ? LOOKS.plainly
    : LOOKS.like;
};

const remove: Judge = (tokens, at) => {
  if (tokens.words[at + 1] !== WORD.from || !isName(tokens, at + 2)) return LOOKS.unlike;
  const end = nameEnd(tokens, at + 2);
  if (tokens.words[end] === WORD.where) return LOOKS.plainly;
  return isEnd(tokens, end) ? LOOKS.like : LOOKS.unlike;
};

const update: Judge = (tokens, at) => {
  if (!isName(tokens, at + 1)) return LOOKS.unlike;
  const set = nameEnd(tokens, at + 1);
  if (lower(tokens, set) !== 'set' || !isName(tokens, set + 1)) return LOOKS.unlike;
  return tokens.kinds[nameEnd(tokens, set + 1)] === TOKEN.compare ? LOOKS.plainly : LOOKS.like;
};

const execute: Judge = (tokens, at) => {
  const kind = tokens.kinds[at + 1];
  const next = lower(tokens, at + 1);
  if (/^(?:xp|sp)_|^(?:master|immediate|msdb)$/.test(next)) return LOOKS.plainly;
  if (kind === TOKEN.open) {
    const inner = tokens.kinds[at + 2];
    return inner === TOKEN.variable || inner === TOKEN.string ? LOOKS.plainly : LOOKS.like;
  }
  return kind === TOKEN.variable || (kind === TOKEN.string && !tokens.isOpen) ? LOOKS.like : LOOKS.unlike;
};

const nextIs =
  (...words: string[]): Judge =>
  (tokens, at) =>
    words.includes(lower(tokens, at + 1)) ? LOOKS.plainly : LOOKS.unlike;

const STATEMENTS: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['drop', objectStatement],
  ['create', objectStatement],
  ['alter', objectStatement],
  ['truncate', objectStatement],
  ['insert', insert],
  ['replace', insert],
  ['merge', insert],
  ['delete', remove],
  ['update', update],
  ['exec', execute],
  ['execute', execute],
  ['declare', (tokens, at) => (tokens.kinds[at + 1] === TOKEN.variable ? LOOKS.plainly : LOOKS.unlike)],
  ['waitfor', nextIs('delay', 'time')],
  [
    'shutdown',
    (tokens, at) => (isEnd(tokens, at + 1) || lower(tokens, at + 1) === 'with' ? LOOKS.like : LOOKS.unlike),
  ],
  ['begin', nextIs('declare', 'try', 'dbms_lock', 'user_lock', 'execute', 'dbms_pipe')],
  ['load', nextIs('data', 'xml')],
  ['backup', nextIs('database', 'log')],
  ['restore', nextIs('database')],
  ['attach', nextIs('database')],
  [
    'do',
    (tokens, at) =>
      isCall(tokens, at + 1) && tokens.words[at + 1] === WORD.strongFunction ? LOOKS.plainly : LOOKS.unlike,
  ],
  ['call', (tokens, at) => (isCall(tokens, at + 1) ? LOOKS.like : LOOKS.unlike)],
  [
    'set',
    (tokens, at) =>
      tokens.kinds[at + 1] === TOKEN.variable && tokens.kinds[at + 2] === TOKEN.compare
        ? LOOKS.plainly
        : LOOKS.unlike,
  ],
  [
    'copy',
    (tokens, at) =>
      /^(?:from|to)$/.test(lower(tokens, at + 2)) && tokens.kinds[at + 3] === TOKEN.string
        ? LOOKS.plainly
        : LOOKS.unlike,
  ],
  [
    'grant',
    (tokens, at) => (/^(?:on|privileges|to)$/.test(lower(tokens, at + 2)) ? LOOKS.like : LOOKS.unlike),
  ],
  ['use', (tokens, at) => (tokens.kinds[at + 2] === TOKEN.semicolon ? LOOKS.like : LOOKS.unlike)],
  ['handler', (tokens, at) => (/^(?:open|read)$/.test(lower(tokens, at + 2)) ? LOOKS.like : LOOKS.unlike)],
  ['prepare', (tokens, at) => (lower(tokens, at + 2) === 'from' ? LOOKS.like : LOOKS.unlike)],
]);

/** How much a statement begins at a token. */
export function looksLikeStatement(tokens: SqlTokens, from: number): number {
  const at = skipOpeners(tokens, from);
  if (tokens.kinds[at] !== TOKEN.word) return LOOKS.unlike;
  switch (tokens.words[at]) {
    case WORD.select:
      if (isPlainlySelect(tokens, at)) return LOOKS.plainly;
      return isSelectList(tokens, at) ? LOOKS.like : LOOKS.unlike;
    case WORD.statement:
      return STATEMENTS.get(lower(tokens, at))?.(tokens, at) ?? LOOKS.unlike;
    default:
      return LOOKS.unlike;
  }
}
