import type { Bytes } from '../../seclang/bytes.ts';
import { decodeBackslashes, withDecoded } from '../decode.ts';
import { type Certainty, type Finding, found, surer } from '../finding.ts';
import { decodeEntities } from './entities.ts';
import {
  ACTIVE_ELEMENTS,
  ADDRESS_ATTRIBUTES,
  EMBEDDING_ELEMENTS,
  EVENTS,
  UNUSUAL_ELEMENTS,
} from './names.ts';
import { isScript, judgeScript, scriptScheme } from './script.ts';
import { MOST_ATTRIBUTES, Tag } from './tags.ts';

const tag = new Tag();

/** Attributes of tags without an end that are read in full in one text; each `<` in them begins another tag that is read over the same bytes. */
const MOST_UNENDED = 1_024;
/** Attributes that are read of each further one. */
const FEW_ATTRIBUTES = 4;

/** Markup and script in a value that would run in the page of somebody who is shown it. */
export function findScripting(value: Bytes): Finding | null {
  return mayHoldScript(value) ? withDecoded(value, findInText) : null;
}

/** Script needs a tag, a call, a scheme, an assignment or an escape. */
function mayHoldScript(value: Bytes): boolean {
  if (value.length < 5) return false;
  for (let at = 0; at < value.length; at++) {
    switch (value.charCodeAt(at)) {
      case 0x3c: // <
      case 0x28: // (
      case 0x60: // `
      case 0x3d: // =
      case 0x25: // %
      case 0x26: // &
      case 0x5c: // \
      case 0x5b: // [
        return true;
      case 0x3a: // :
        if ((value.charCodeAt(at - 1) | 0x20) === 0x74 || (value.charCodeAt(at - 1) | 0x20) === 0x61)
          return true;
    }
  }
  return value.includes('+A') || value.includes('document.');
}

function findInText(value: Bytes): Finding | null {
  let text = value.includes('&#') ? decodeEntities(value, 'numeric') : value;
  if (text.includes('\\')) text = decodeBackslashes(text);
  if (text.includes('+AD')) text = text.replaceAll('+ADw-', '<').replaceAll('+AD4-', '>');
  let finding = text.includes('<') ? findInTags(text) : null;
  if (finding?.certainty === 'sure') return finding;
  finding = surer(finding, findOutsideTags(text));
  if (finding?.certainty === 'sure' || !text.includes('&')) return finding;
  return surer(finding, findEscaped(text));
}

/** Markup whose brackets are escaped runs only where something undoes that. */
function findEscaped(text: Bytes): Finding | null {
  const decoded = decodeEntities(text, 'all');
  if (decoded === text) return null;
  const inTags = decoded.includes('<') ? findInTags(decoded) : null;
  if (inTags !== null) return { ...inTags, certainty: 'likely' };
  return findOutsideTags(decoded);
}

/** Cost: linear, however tags stand in tags. What is not read of the last of very many is still looked at outside of tags. */
function findInTags(text: Bytes): Finding | null {
  let finding: Finding | null = null;
  let left = MOST_UNENDED;
  let at = text.indexOf('<');
  while (at >= 0) {
    const next = at + 1;
    let end = next;
    if (tag.read(text, next, left > 0 ? MOST_ATTRIBUTES : FEW_ATTRIBUTES)) {
      if (!tag.isEnded) left -= tag.attributes.length;
      const judged = judgeTag();
      if (judged !== null) {
        finding = surer(finding, found(judged.certainty, judged.kind, text, at, Math.max(tag.end, next)));
        if (judged.certainty === 'sure') return finding;
      }
      end = tag.isEnded ? tag.end : next;
    }
    at = text.indexOf('<', end);
  }
  return finding;
}

interface Judged {
  readonly certainty: Certainty;
  readonly kind: string;
}

const sure = (kind: string): Judged => ({ certainty: 'sure', kind });
const likely = (kind: string): Judged => ({ certainty: 'likely', kind });

function judgeTag(): Judged | null {
  const { name } = tag;
  const attributes = judgeAttributes();
  if (attributes?.certainty === 'sure') return attributes;
  const bare = name.replace(/^[/!?%]/, '');
  if (name[0] === '!')
    return bare.startsWith('entity') || bare.startsWith('[cdata') ? likely('declaration') : attributes;
  if (name[0] === '?')
    return /^(?:import|xml:namespace)/.test(bare) ? sure('processing instruction') : attributes;
  if (ACTIVE_ELEMENTS.has(bare)) return judgeActive(name, bare);
  if (EMBEDDING_ELEMENTS.has(bare)) return name[0] === '/' ? likely('embedding') : judgeEmbedding();
  if (/^[a-z]{1,12}:/.test(bare) && tag.attributes.includes('attributename')) return sure('timed element');
  return attributes ?? (UNUSUAL_ELEMENTS.has(bare) ? likely('unusual element') : null);
}

function judgeActive(name: string, bare: string): Judged {
  if (bare === 'script' || bare === 'applet' || bare === 'xss' || bare === 'base') return sure(`<${name}>`);
  if (name[0] === '/') return likely(`<${name}>`);
  const isWhole = tag.isEnded
    ? tag.attributes.length > 0 || bare === 'style'
    : tag.values.some((value) => value !== '');
  return isWhole ? sure(`<${name}>`) : likely(`<${name}>`);
}

/** What is embedded from another site by its full address, and nothing else, is done in good faith as well. */
function judgeEmbedding(): Judged {
  const source = tag.attributes.findIndex((name) => name === 'src' || name === 'data');
  const isWhole =
    tag.isEnded &&
    source >= 0 &&
    /^\\?"?(?:https:)?\/\/[a-z0-9.-]{4,100}\//i.test(tag.values[source] as string);
  return isWhole ? likely('embedding') : sure('embedding');
}

function judgeAttributes(): Judged | null {
  let judged: Judged | null = null;
  for (let i = 0; i < tag.attributes.length; i++) {
    const one = judgeAttribute(tag.attributes[i] as string, tag.values[i] as string);
    if (one?.certainty === 'sure') return one;
    judged ??= one;
  }
  return judged;
}

function judgeAttribute(name: string, value: Bytes): Judged | null {
  if (/^on[a-z]{3,}$/.test(name) && value !== '') {
    return EVENTS.has(name.slice(2)) || isScript(value) ? sure('event handler') : likely('event handler');
  }
  const event = /^on([a-z]{3,25})[^a-z]/.exec(name);
  if (event !== null && EVENTS.has(event[1] as string) && isScript(value)) return sure('event handler');
  const decoded = decodeEntities(value, 'all');
  if (name === 'style') return judgeStyle(decoded);
  if (name === 'srcdoc') return sure('embedded document');
  if (name === 'datasrc' || name === 'dataformatas' || name === 'xmlns:xlink')
    return likely('unusual attribute');
  if (!ADDRESS_ATTRIBUTES.has(name) && !/^[&x]/.test(decoded) && !decoded.includes('script:')) return null;
  const scheme = scriptScheme(decoded);
  if (scheme === 'script') return sure('script in an address');
  return scheme === 'harmless' ? likely('script in an address') : null;
}

function judgeStyle(value: Bytes): Judged | null {
  const text = decodeBackslashes(value)
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16) & 0xff),
    )
    .replace(/\/\*[^*]{0,60}\*\/|[\\\s\x00]/g, '')
    .toLowerCase();
  return /expression\(|javascript:|vbscript:|behaviou?r:|-moz-binding|-o-link|binding:url|@import/.test(text)
    ? sure('script in a style')
    : null;
}

const HANDLER = /(?:^|[\s"'`/\x00-\x1f])on([a-z]{3,25})\s{0,8}=\s{0,8}(.{0,200})/gi;

/** Attributes and script that need no tag of their own, because the value stands in one, or in a script. */
function findOutsideTags(text: Bytes): Finding | null {
  let finding: Finding | null = null;
  if (text.includes('=')) finding = findHandler(text);
  if (finding?.certainty === 'sure') return finding;
  const scheme =
    /(?:java|vb|live|j)[\s\x00]{0,8}s[\s\x00]{0,4}c[\s\x00]{0,4}r[\s\x00]{0,4}i[\s\x00]{0,4}p[\s\x00]{0,4}t[\s\x00]{0,8}:|data:[^,]{0,60}(?:html|xml|svg)/i.exec(
      text,
    );
  if (scheme !== null) finding = surer(finding, judgeAddress(text, scheme.index));
  if (finding?.certainty === 'sure') return finding;
  const certainty = judgeScript(text);
  return certainty === null ? finding : surer(finding, found(certainty, 'script', text, 0, text.length));
}

function judgeAddress(text: Bytes, at: number): Finding | null {
  const isFirst = at <= 2 || /["'`=>(]\s{0,4}$/.test(text.slice(Math.max(0, at - 6), at));
  const address = text.slice(at, at + 400);
  if (!isFirst || scriptScheme(address) !== 'script') return null;
  return found(
    isScript(address.replace(/[\x00-\x20]+/g, '')) ? 'sure' : 'likely',
    'script in an address',
    text,
    at,
    text.length,
  );
}

function findHandler(text: Bytes): Finding | null {
  let finding: Finding | null = null;
  for (const match of text.matchAll(HANDLER)) {
    if (!EVENTS.has((match[1] as string).toLowerCase())) continue;
    const isBroken = /["'`>]/.test(text.slice(0, match.index + 1));
    const runs = isScript(match[2] as string);
    const certainty =
      runs || (isBroken && /^["'`]?[\w.]{1,40}\s{0,4}[(`=]/.test(match[2] as string)) ? 'sure' : 'likely';
    finding = surer(
      finding,
      found(certainty, 'event handler', text, match.index, match.index + match[0].length),
    );
    if (certainty === 'sure') break;
  }
  return finding;
}
