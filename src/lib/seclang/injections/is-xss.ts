import type { Bytes } from '../bytes.ts';
import { HTML_CONTEXTS, type HtmlContext } from './html-states.ts';
import { HtmlTokens } from './html-tokens.ts';

/** Elements that load, run or restyle something by themselves, or did in some browser. */
const TAGS = new Set(
  (
    'APPLET BASE COMMENT EMBED FRAME FRAMESET HANDLER IFRAME IMPORT ISINDEX LINK LISTENER META NOSCRIPT OBJECT SCRIPT STYLE ' +
    'VMLFRAME XML XSS'
  ).split(' '),
);

/** What an attribute makes of its value. `other-name`: the value is the name of an attribute. */
type AttributeUse = 'none' | 'active' | 'url' | 'style' | 'other-name';

const ATTRIBUTES: ReadonlyMap<string, AttributeUse> = new Map<string, AttributeUse>([
  ...'ACTION BACKGROUND BY DYNSRC FOLDER FORMACTION FROM HANDLER HREF LOWSRC POSTER SRC TO VALUES XLINK:HREF'
    .split(' ')
    .map((name): [string, AttributeUse] => [name, 'url']),
  ['ATTRIBUTENAME', 'other-name'],
  ['DATAFORMATAS', 'active'],
  ['DATASRC', 'active'],
  ['FILTER', 'style'],
  ['STYLE', 'style'],
]);

/** Beginnings of addresses that hold a document or a program themselves. */
const SCHEMES = ['DATA', 'VIEW-SOURCE', 'VBSCRIPT', 'JAVA'];
const LONGEST_NAME = 64;

/** A name as browsers compare it: capitals, NULs passed over. */
function nameOf(text: Bytes, from: number, to: number): Bytes {
  // A name with more NULs than that is none of those that matter here unless it is short without them.
  const stretch =
    to - from > LONGEST_NAME
      ? text.slice(from, to).replaceAll('\0', '').slice(0, LONGEST_NAME)
      : text.slice(from, to);
  return stretch.replaceAll('\0', '').toUpperCase();
}

function isActiveTag(text: Bytes, from: number, to: number): boolean {
  if (to - from < 3) return false;
  const beginning = text.slice(from, from + 3).toUpperCase();
  return beginning === 'SVG' || beginning === 'XSL' || TAGS.has(nameOf(text, from, to));
}

function attributeUse(text: Bytes, from: number, to: number): AttributeUse {
  const length = to - from;
  if (length < 2) return 'none';
  if (length >= 5) {
    // Whatever handler a browser comes to know.
    if (text.slice(from, from + 2).toUpperCase() === 'ON') return 'active';
    const beginning = nameOf(text, from, from + 5);
    if (beginning === 'XMLNS' || beginning === 'XLINK') return 'active';
  }
  return ATTRIBUTES.get(nameOf(text, from, to)) ?? 'none';
}

const HEXADECIMAL = /&#[xX]([0-9a-fA-F]+);?/y;
const DECIMAL = /&#([0-9]+);?/y;
const MAX_CODE = 0x1000ff;

/** Whether an address begins with a word, whatever is escaped, blank or broken over lines in it. */
function beginsWith(url: Bytes, word: string): boolean {
  let matched = 0;
  let isFirst = true;
  for (let at = 0; at < url.length; ) {
    let code = url.charCodeAt(at);
    let next = at + 1;
    if (code === 38 && url.charCodeAt(at + 1) === 35) {
      const isHex = (url.charCodeAt(at + 2) | 32) === 120;
      const pattern = isHex ? HEXADECIMAL : DECIMAL;
      pattern.lastIndex = at;
      const found = pattern.exec(url);
      const value = found === null ? -1 : Number.parseInt(found[1] as string, isHex ? 16 : 10);
      if (found !== null && value <= MAX_CODE) {
        code = value;
        next = pattern.lastIndex;
      }
    }
    at = next;
    if (isFirst && code <= 32) continue;
    isFirst = false;
    if (code === 0 || code === 10) continue;
    if (code >= 97 && code <= 122) code -= 32;
    if (code !== word.charCodeAt(matched)) return false;
    if (++matched === word.length) return true;
  }
  return false;
}

function isActiveUrl(text: Bytes, from: number, to: number): boolean {
  let at = from;
  while (at < to && (text.charCodeAt(at) <= 32 || text.charCodeAt(at) >= 127)) at++;
  const url = text.slice(at, to);
  return SCHEMES.some((scheme) => beginsWith(url, scheme));
}

function isActiveComment(text: Bytes, from: number, to: number): boolean {
  const length = to - from;
  if (text.slice(from, to).includes('`')) return true;
  if (length > 3) {
    const three = text.slice(from, from + 3).toUpperCase();
    if (three === '[IF' || three === 'XML') return true;
  }
  if (length <= 5) return false;
  const six = nameOf(text, from, from + 6);
  return six === 'IMPORT' || six === 'ENTITY';
}

function isActiveIn(text: Bytes, context: HtmlContext): boolean {
  const tokens = new HtmlTokens(text, context);
  let use: AttributeUse = 'none';
  while (tokens.next()) {
    const { kind, from, to } = tokens;
    if (kind === 'attribute-value') {
      if (use === 'active' || use === 'style') return true;
      if (use === 'url' && isActiveUrl(text, from, to)) return true;
      if (use === 'other-name' && attributeUse(text, from, to) !== 'none') return true;
    }
    use = kind === 'attribute-name' ? attributeUse(text, from, to) : 'none';
    if (kind === 'doctype') return true;
    if (kind === 'tag-name' && isActiveTag(text, from, to)) return true;
    if (kind === 'comment' && isActiveComment(text, from, to)) return true;
  }
  return false;
}

/**
 * Whether a value can bring a page to run a script, wherever in the page it comes to stand.
 *
 * Shape: agrees with what libinjection 3.9.2 tells; `test/waf/xss-differential.test.ts` compares them.
 * Cost: five passes.
 */
export function isXss(value: Bytes): boolean {
  // Without either byte there is neither tag nor value of an attribute.
  if (!value.includes('<') && !value.includes('=')) return false;
  return HTML_CONTEXTS.some((context) => isActiveIn(value, context));
}
