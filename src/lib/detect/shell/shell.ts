import type { Bytes } from '../../seclang/bytes.ts';
import { withDecoded } from '../decode.ts';
import { type Certainty, type Finding, found, surer } from '../finding.ts';
import { COMMON_COMMANDS, TELLING_COMMANDS } from './commands.ts';
import { CommandWord, isBlankAt, skipBlank } from './words.ts';

const word = new CommandWord();

/** Commands in a value that a shell would run: where one begins, and what stands there. */
export function findCommands(value: Bytes): Finding | null {
  return mayHoldCommand(value) ? withDecoded(value, findInText) : null;
}

/** A command needs something that begins it, a path, or an argument. */
function mayHoldCommand(value: Bytes): boolean {
  if (value.length < 2) return false;
  for (let at = 0; at < value.length; at++) {
    switch (value.charCodeAt(at)) {
      case 0x0a:
      case 0x0d:
      case 0x20:
      case 0x24: // $
      case 0x25: // %
      case 0x26: // &
      case 0x2b: // +
      case 0x3b: // ;
      case 0x3c: // <
      case 0x5c: // \
      case 0x60: // `
      case 0x7c: // |
        return true;
      case 0x2f: // /
        if (value.startsWith('bin/', at + 1) || value.startsWith('dev/', at + 1)) return true;
    }
  }
  return false;
}

/** Whole figures, each of which only somebody says who wants a shell. */
const FIGURES =
  /\(\)\s{0,4}\{\s{0,8}(?::|[_\w]{0,8})\s{0,4};|\/dev\/(?:tcp|udp)\/[\w.]|\$\{?ifs\b|<!--\s{0,4}#\s{0,4}(?:exec|include|echo|printenv|config|fsize|flastmod)\b|\bbash\s{1,4}-i\b|\bnc\s{1,4}(?:-\w{1,8}\s{1,4}){0,4}-\w{0,6}e\w{0,6}\s|\b(?:ba|z|k|c|da)?sh\s{1,4}-c\s|\bcmd(?:\.exe)?\s{1,4}\/[ckr]\b|\bpowershell(?:\.exe)?\s{1,4}[-/](?:e|c|nop|w|exec|command|file)|%(?:comspec|programfiles|windir|systemroot):|\brundll32(?:\.exe)?\s{1,4}\w{3,30}\.dll|\b(?:python[\d.]{0,4}|perl|ruby|php|node|lua)\s{1,4}-[ecr]\s{0,4}['"]|\b(?:wget|curl)\s{1,4}(?:-{1,2}[\w-]{1,20}\s{1,4}){0,6}['"]?(?:https?:|ftp:|\$\(|`|\d{1,3}\.\d)|\bcat\s{1,4}\/(?:etc|proc|var|home|root|flag)|\bping(?:\.exe)?\s{1,4}(?:-[a-z]\s{0,4}\d{1,4}\s{1,4}){1,3}[\w.]|\b(?:chmod|chown)\s{1,4}(?:[0-7]{3,4}|[ugo+]{1,3}x|\w{2,12}:\w{2,12})\s{1,4}\S|\brm\s{1,4}-[rf]{1,2}\s|\bsleep\s{1,4}\d{1,4}\s{0,4}[;|&`)]|\bnslookup\s{1,4}(?:-\S{1,20}\s{1,4})?[\w-]{1,60}\.[\w.-]{2,60}|\btype\s{1,4}(?:%\w{3,20}%|[a-z]:)\\|\bnet\s{1,4}(?:user|localgroup|view|share)\b(?:\s{1,4}[\w*.-]{1,40}){0,3}\s{0,4}(?:$|\/|&)/i;

/** Programs by their path. */
const PROGRAM = /(?:^|[^\w/.-])(?:\.{0,2}\/)?(?:(?:usr\/)?(?:local\/)?s?bin)\/([a-z][\w.?*-]{0,20})/i;

function findInText(text: Bytes): Finding | null {
  const figure = FIGURES.exec(text);
  if (figure !== null)
    return found('sure', 'command line', text, figure.index, figure.index + figure[0].length);
  const program = PROGRAM.exec(text);
  if (program !== null && isCommand(program[1] as string)) {
    return found('sure', 'path of a program', text, program.index, program.index + program[0].length + 40);
  }
  return surer(findStarted(text), findBare(text));
}

function isCommand(name: string): boolean {
  const lower = name.toLowerCase();
  return TELLING_COMMANDS.has(lower) || COMMON_COMMANDS.has(lower);
}

/** Commands behind what starts one. */
function findStarted(text: Bytes): Finding | null {
  let finding: Finding | null = null;
  for (let at = 0; at < text.length; at++) {
    const length = starterLength(text, at);
    if (length === 0) continue;
    const certainty = judgeStarted(text, at, at + length);
    if (certainty !== null)
      finding = surer(finding, found(certainty, 'command behind a separator', text, at, word.end + 40));
    if (certainty === 'sure') return finding;
    at += length - 1;
  }
  return finding;
}

/** Length of what starts a command at an index; 0 for nothing. */
function starterLength(text: Bytes, at: number): number {
  const next = text.charCodeAt(at + 1);
  switch (text.charCodeAt(at)) {
    case 0x3b: // ;
    case 0x60: // `
    case 0x0a:
    case 0x0d:
      return 1;
    case 0x7c: // |
      return next === 0x7c ? 2 : 1;
    case 0x26: // &
      return next === 0x26 ? 2 : 1;
    case 0x24: // $
      return next === 0x28 ? 2 : 0;
    case 0x3c: // <
    case 0x3e: // >
      return next === 0x28 ? 2 : 0;
    default:
      return 0;
  }
}

/** How sure it is that what starts at `at` runs what stands at `from`. */
function judgeStarted(text: Bytes, at: number, from: number): Certainty | null {
  if (!word.read(text, from)) return null;
  const { name } = word;
  const isTelling = TELLING_COMMANDS.has(name);
  if (word.isHidden && !isTelling && !COMMON_COMMANDS.has(name)) return looksGlobbed(name) ? 'sure' : null;
  if (!isTelling && !COMMON_COMMANDS.has(name)) return null;
  if (word.isHidden || word.folder !== '') return 'sure';
  const sign = text[at] as string;
  const isEnded = endsCommand(text, word.end, sign);
  if (sign === '$' || sign === '<' || sign === '>') {
    return isEnded || isArgument(text, word.end) ? 'sure' : 'likely';
  }
  if (sign === '\n' || sign === '\r') return judgeLine(text, at, isTelling, isEnded);
  if (isPathArgument(text, word.end)) return 'sure';
  if (sign === '`') return judgeBackquoted(text, at, isTelling, isEnded);
  return isTelling ? judgeTelling(text, at, from, isEnded) : judgeCommon(text, at, from, isEnded);
}

/** Commands that only somebody runs who looks around. */
const LOOKING_AROUND: ReadonlySet<string> = new Set(
  'whoami ifconfig ipconfig uname netstat printenv lsof'.split(' '),
);
/** Commands that are no member of any list of fields. */
const LISTING: ReadonlySet<string> = new Set('ls ps pwd whoami uname netstat ifconfig ipconfig'.split(' '));
/** Commands that show what is in a file. */
const READERS: ReadonlySet<string> = new Set(
  'cat tac nl head tail less more type rm od xxd strings'.split(' '),
);

/** Lines begin with words; so a line that is a command has more of one. */
function judgeLine(text: Bytes, at: number, isTelling: boolean, isEnded: boolean): Certainty | null {
  if (isPathArgument(text, word.end) || (isTelling && isArgument(text, word.end))) return 'sure';
  return isEnded && (isBlankBefore(text, at) || LOOKING_AROUND.has(word.name)) ? 'sure' : null;
}

/** Backquotes also mark code in prose: there a command is the whole value, or all that follows a word. */
function judgeBackquoted(text: Bytes, at: number, isTelling: boolean, isEnded: boolean): Certainty | null {
  const isWhole = isBlankBefore(text, at) || (/^[\w.-]{1,40}$/.test(text.slice(0, at)) && text.endsWith('`'));
  if (isEnded && isWhole) return 'sure';
  return isTelling && isArgument(text, word.end) ? 'likely' : null;
}

function judgeTelling(text: Bytes, at: number, from: number, isEnded: boolean): Certainty | null {
  if (isEnded && (isBlankBefore(text, at) || isBehindWord(text, at, from))) return 'sure';
  if (isArgument(text, word.end)) return text[at] === '&' && from === at + 1 ? 'likely' : 'sure';
  if (isEnded && isTight(text, at)) return isList(text) && !LISTING.has(word.name) ? null : 'sure';
  return judgeEnded(text, at, isEnded);
}

function judgeCommon(text: Bytes, at: number, from: number, isEnded: boolean): Certainty | null {
  if (isBlankBefore(text, at) && (isEnded || isArgument(text, word.end))) return 'sure';
  const rest = text.slice(word.end, word.end + 60);
  if (READERS.has(word.name) && /^\s{1,4}[\w*-]{0,40}\.[a-z]{2,4}\s{0,4}(?:$|[;|&#])/i.test(rest))
    return 'sure';
  return isEnded && isBehindWord(text, at, from) ? 'sure' : judgeEnded(text, at, isEnded);
}

/** A command without arguments behind something that ends a bracket or a quote, or behind anything that is no list. */
function judgeEnded(text: Bytes, at: number, isEnded: boolean): Certainty | null {
  if (!isEnded) return null;
  if (/[)'"]\s{0,4}$/.test(text.slice(Math.max(0, at - 6), at))) return 'sure';
  return text[at] !== '&' && !isList(text) ? 'likely' : null;
}

/** Whether a doubled sign (`||`, `&&`) stands right behind one word that begins the value. */
function isBehindWord(text: Bytes, at: number, from: number): boolean {
  return from === at + 2 && /^[\w.-]{1,40}$/.test(text.slice(0, at));
}

/** Names of which wildcards leave out letters: `c?t`, `/???/p??s`. */
function looksGlobbed(name: string): boolean {
  return /^(?=.*[?*])[a-z?*[\]]{2,12}$/.test(name) && /[a-z]/.test(name) && word.folder !== '';
}

function isTight(text: Bytes, at: number): boolean {
  return at < 80 && !/\s\S{1,40}\s\S{1,40}\s/.test(text.slice(0, at));
}

/** Whether nothing but white space, quotes and signs stands before an index. */
function isBlankBefore(text: Bytes, at: number): boolean {
  return at < 12 && /^[\s'"`;|&)}\]+$*.,\d-]{0,12}$/.test(text.slice(0, at));
}

/** Whether the same sign separates many short words: `id;name;date`. */
function isList(text: Bytes): boolean {
  return /^[\w .-]{1,40}([;|,&])[\w .-]{0,40}(?:\1[\w .-]{0,40}){0,200}$/.test(text) && !/[;|]\s/.test(text);
}

/** Whether a command ends right behind its name. */
function endsCommand(text: Bytes, from: number, sign: string): boolean {
  const at = skipBlank(text, from);
  if (at >= text.length) return true;
  const code = text[at] as string;
  return sign === '`' ? code === '`' : ';|&)`#\n\r<>\'"'.includes(code) && !(code === '&' && sign === '&');
}

/** Whether arguments follow as commands have them: an option, a path, a number, a variable, an address. */
function isArgument(text: Bytes, from: number): boolean {
  if (!isBlankAt(text, from)) return false;
  return /^(?:[-/+]{1,2}\w|[~.]{0,2}\/|\d|["'$`*\\]|[a-z]:\\|https?:|[\w.-]{1,60}[./@][\w./-]{1,60}|\w{1,40}\s{0,4}(?:$|[;|&>`)]))/i.test(
    text.slice(skipBlank(text, from), skipBlank(text, from) + 130),
  );
}

/** Commands that numbers follow. */
const COUNTED: ReadonlySet<string> = new Set(['sleep', 'timeout', 'ping', 'kill', 'expr', 'usleep']);

/** Whether a path of a system, an option or a redirection follows. */
function isPathArgument(text: Bytes, from: number): boolean {
  if (!isBlankAt(text, from)) return false;
  if (COUNTED.has(word.name) && /^\d/.test(text.slice(skipBlank(text, from), skipBlank(text, from) + 1)))
    return true;
  return /^(?:-{1,2}[a-z]{1,12}\b|[~.]{0,2}\/\w|\/$|\.{2}|[a-z]:(?:[\\/"']|$)|["']?\/(?:etc|bin|usr|tmp|var|proc|home|root)\b|\$[({\w]|(?:\d{1,3}\.){3}\d)/i.test(
    text.slice(skipBlank(text, from), skipBlank(text, from) + 60),
  );
}

/** A whole value that is a command with its arguments, and nothing else. */
function findBare(text: Bytes): Finding | null {
  if (text.length > 300 || !word.read(text, 0)) return null;
  const isKnown = TELLING_COMMANDS.has(word.name) || COMMON_COMMANDS.has(word.name);
  if (!isKnown) return null;
  const rest = text.slice(word.end);
  if (word.isHidden && /^\s{1,4}\S|^$/.test(rest) && /['"\\^$]/.test(text.slice(0, word.end)))
    return found('likely', 'hidden command', text, 0, text.length);
  const isLine =
    /^(?:\.exe)?\s{1,4}(?:-[a-z]{1,8}\s{1,4}(?:\S{1,60}\s{0,4}){0,4}|[~.]{0,2}\/[\w./*-]{1,80}|[a-z]:\\\S{1,80}|\S{1,80}\s{0,4}(?:\||>|;|&&)\s{0,4}\S{1,80})\s{0,4}$/i.test(
      rest,
    );
  if (!isLine) return null;
  return found(
    TELLING_COMMANDS.has(word.name) || /^\s{1,4}\/(?:etc|proc|var|root|home|tmp)/.test(rest)
      ? 'sure'
      : 'likely',
    'command line',
    text,
    0,
    text.length,
  );
}
