import type { Bytes } from '../../seclang/bytes.ts';
import { decodeBackslashes } from '../decode.ts';
import type { Certainty } from '../finding.ts';

/** Calls that only proofs of an injection make, or that run text as script. */
const TELLING_CALL =
  /(?:\b|\d)(?:alert|prompt|confirm|eval|execscript|importscripts|msgbox)(?:['"`]?[)\]}]{0,8}(?:\?\.)?[(`]|[\s)\]}]{1,8}(?:\?\.)?[\s(]{0,4}[(`][\s(]{0,4}[\d'"`/)&\\])/i;
/** Objects of a page with what is done to them. */
const PAGE_ACCESS =
  /\bdocument\s{0,4}(?:\.\s{0,4}(?:cookie|domain|write(?:ln)?|location|url|referrer|body|documentelement|createelement|getelement|queryselector|forms|defaultview|execcommand)|\[)|\b(?:window|self|top|parent|globalthis|frames|this)\s{0,4}(?:\[\s{0,4}['"`/]|\.\s{0,4}(?:location|name|open|eval|alert|document|atob|onerror)\b)|\blocation\s{0,4}(?:=\s{0,4}['"`(]|\.\s{0,4}(?:href|hash|replace|assign|search)|\[)|\b(?:localstorage|sessionstorage)\s{0,4}[.[]|\binnerhtml\s{0,4}[=+\]'"`]|\bxmlhttprequest\s{0,4}\(|\bstring\s{0,4}(?:\.\s{0,4}fromc|\[\s{0,4}['"`]fromc)|\bfromcharcode\b|\bactivexobject\b/i;
/** Ways to functions that do not name them. */
const ROUNDABOUT =
  /\.\s{0,4}constructor\s{0,4}[.([]|\[\s{0,4}(['"`])(?:constructor|(?:e|ev|eva)\1\s{0,4}\+|(?:a|al|ale|aler)\1\s{0,4}\+)|\bfunction\s{0,4}\(|\bset(?:timeout|interval|immediate)\s{0,4}[(`]|\bnew\s{1,4}function\b|\batob\s{0,4}[(`]|\bfetch\s{0,4}[(`]|\bimport\s{0,4}\(|\bthrow\s{0,4}(?:[{[(]|on|1|\/)|\bonerror\s{0,4}=|\$\s{0,4}\.\s{0,4}(?:get|ajax|getscript)|\bnavigator\s{0,4}\.\s{0,4}sendbeacon|\bunescape\s{0,4}\(|\bvalueof\s{0,4}[=:]|\btostring\s{0,4}[=:]|\bsource\s{0,4}\)|\(\s{0,4}\[\]\s{0,4}\[|\+\s{0,4}\[\s{0,4}\]|!\s{0,4}\[\s{0,4}\]/i;
/** What ends the text that a value stands in, when it stands right before script. */
const BREAK_OUT =
  /(?:['"`)\]}]\s{0,4}[-+*/%^|&;,<>=?~(]{1,4}|[$&]\{|<\/script[^>]{0,8}>|\*\/|^\s{0,4}[-;+*/|&]{1,3})[\s(\w.=[]{0,24}$/i;

/** How much a piece of text that stands where script runs is script. */
export function isScript(text: Bytes): boolean {
  return TELLING_CALL.test(text) || PAGE_ACCESS.test(text) || ROUNDABOUT.test(text);
}

/** Names put together from what empty lists and their negations read as. */
const WITHOUT_LETTERS = /\[\]\s{0,2}\[\s{0,2}\(\s{0,2}!|\(!!?\[\]\s{0,2}\+\s{0,2}\[\]\)\s{0,2}\[/;

/** Text longer than this may be a page that somebody sends as it is, with all its scripts. */
const PAGE_BYTES = 2_000;

/** How sure it is that text without markup is script. */
export function judgeScript(text: Bytes): Certainty | null {
  const call = TELLING_CALL.exec(text);
  const access = PAGE_ACCESS.exec(text);
  const roundabout = ROUNDABOUT.exec(text);
  if (call === null && access === null && roundabout === null) return null;
  if (call !== null && isTellingCall(text)) return 'sure';
  if (WITHOUT_LETTERS.test(text)) return 'sure';
  if (breaksOut(text, call) || breaksOut(text, access)) return 'sure';
  const figures = Number(call !== null) + Number(access !== null) + Number(roundabout !== null);
  return figures >= 2 && text.length < PAGE_BYTES ? 'sure' : 'likely';
}

function breaksOut(text: Bytes, match: RegExpExecArray | null): boolean {
  return match !== null && BREAK_OUT.test(text.slice(Math.max(0, match.index - 48), match.index));
}

/** Whether a call is one that proves an injection: with a number, a short text or a property of the page. */
function isTellingCall(text: Bytes): boolean {
  return (
    /(?:^|[^\w\s.]|\s[-+;|&]\s{0,4}|^\s)\s{0,4}(?:\w{1,20}\.)?(?:alert|prompt|confirm|eval)\s{0,4}(?:\?\.)?\s{0,4}[(`]\s{0,4}(?:[\d'"`/)&\\]|document|window|location|string|this|self|top|origin|atob|xss|name)/i.test(
      text,
    ) || /^\s{0,8}(?:alert|prompt|confirm|eval)\s{0,4}[(`][^()]{0,60}\)?;?(?:\/\/|<!--)?.{0,8}$/i.test(text)
  );
}

/** Script that pages put into links in good faith: it does nothing, or calls a function of the page. */
const HARMLESS_SCHEME =
  /^(?:void\s{0,4}\(?\s{0,4}0?\s{0,4}\)?|;|#|\/\/|history\.\w{1,10}\([-\d]{0,3}\)|__dopostback\([\w$',\s]{0,200}\)|window\.print\(\)|(?:return )?(?:false|true)|undefined|null)?;?$/i;

/** What an address does: `script` runs, `none` is no script. */
export function scriptScheme(address: Bytes): 'script' | 'harmless' | 'none' {
  const compact = address
    .slice(0, 4_096)
    .replace(/[\x00-\x20\x7f\xa0\xad]+|<!--.{0,20}-->/g, '')
    .toLowerCase();
  const scheme =
    /^[^\w&]{0,4}(?:url\(?[=:'"]{0,3})?(javascript|vbscript|livescript|mocha|jscript|data|view-source|feed|about)[:#]/.exec(
      compact,
    );
  if (scheme === null) return compact.startsWith('&{') ? 'script' : 'none';
  const rest = compact.slice(scheme[0].length);
  switch (scheme[1]) {
    case 'data':
      return /^(?:[^,]{0,80}(?:html|xml|script|svg)|,)/.test(rest) ? 'script' : 'none';
    case 'view-source':
    case 'feed':
    case 'about':
      return /(?:javascript:|<script|data:)/.test(rest) ? 'script' : 'none';
    default:
      return HARMLESS_SCHEME.test(decodeBackslashes(rest)) ? 'harmless' : 'script';
  }
}
