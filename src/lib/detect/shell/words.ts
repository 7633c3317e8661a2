import type { Bytes } from '../../seclang/bytes.ts';

/** Longest command that is read, with everything that hides it. */
const LONGEST = 160;

/** A command as a shell reads it. One instance is used again and again. */
export class CommandWord {
  /** Without quotes, escapes and the folder it lies in; lower-case. */
  name = '';
  /** Whether it was written with quotes, escapes, wildcards or variables inside. */
  isHidden = false;
  /** The folder, as written: `/usr/bin/`. */
  folder = '';
  /** Index behind it. */
  end = 0;

  /** Reads the word at an index. Gives whether there is one. */
  read(text: Bytes, from: number): boolean {
    let at = skipBlank(text, from);
    const start = at;
    let word = '';
    this.isHidden = false;
    while (at < text.length && at < start + LONGEST) {
      const step = this.#readPart(text, at);
      if (step === 0) break;
      word += this.#part;
      at += step;
    }
    this.end = at;
    const slash = Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\'));
    this.folder = word.slice(0, slash + 1);
    this.name = word.slice(slash + 1).toLowerCase();
    return this.name !== '';
  }

  #part = '';

  /** Length of the next part of the word, which is left in `#part`; 0 at its end. */
  #readPart(text: Bytes, at: number): number {
    const code = text.charCodeAt(at);
    this.#part = '';
    if (isWordByte(code)) {
      this.#part = text[at] as string;
      return 1;
    }
    switch (code) {
      case 0x27: // '
      case 0x22: // "
      case 0x5e: // ^
        return this.#hide(text, at);
      case 0x5c: // \
        if (text[at - 1] === ':' || text[at - 1] === '\\') this.#part = '\\';
        else this.isHidden = true;
        return 1;
      case 0x24: // $
        return this.#readVariable(text, at);
      case 0x3f: // ?
      case 0x2a: // *
      case 0x5b: // [
      case 0x5d: // ]
        return this.#readWildcard(text, at);
      default:
        return 0;
    }
  }

  /** A quote in the midst of a word hides it; one at its end belongs to the value. */
  #hide(text: Bytes, at: number): number {
    const next = text.charCodeAt(at + 1);
    const before = at > 0 ? text.charCodeAt(at - 1) : 0;
    if (!isWordByte(next) && next !== 0x27 && next !== 0x22 && next !== 0x24)
      return isWordByte(before) ? 1 : 0;
    if (
      isWordByte(before) && text.charCodeAt(at) !== 0x5e
        ? isWordByte(next) || next === text.charCodeAt(at)
        : true
    ) {
      this.isHidden ||= isWordByte(before);
    }
    return 1;
  }

  #readVariable(text: Bytes, at: number): number {
    const variable = /^\$(?:@|\*|\d|[a-z]{1,3}(?![a-z])|\{[a-z@#*\d:,^~!-]{1,12}\}|\(\))/i.exec(
      text.slice(at, at + 16),
    );
    if (variable === null) return 0;
    if (/^\$\{?ifs/i.test(variable[0])) return 0;
    this.isHidden = true;
    return variable[0].length;
  }

  #readWildcard(text: Bytes, at: number): number {
    const around = text.slice(Math.max(0, at - 1), at + 2);
    if (!/[a-z/?*][?*[\]][a-z?*/]|[a-z/?*][?*\]]$/i.test(around) && text[at] !== '[' && text[at] !== ']')
      return 0;
    this.isHidden = true;
    this.#part = text[at] as string;
    return 1;
  }
}

function isWordByte(code: number): boolean {
  return (
    ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) ||
    (code >= 0x2d && code <= 0x39) ||
    code === 0x5f ||
    code === 0x3a ||
    code === 0x7e
  );
}

/** Behind white space and what shells read as such. */
export function skipBlank(text: Bytes, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (
      code === 0x20 ||
      code === 0x09 ||
      code === 0x0b ||
      code === 0x0c ||
      code === 0x28 ||
      code === 0x7b ||
      code === 0x40
    )
      at++;
    else if (code === 0x24) {
      const variable = /^\$(?:\{ifs[^}]{0,12}\}|ifs(?:\$\d)?)/i.exec(text.slice(at, at + 20));
      if (variable === null) return at;
      at += variable[0].length;
    } else return at;
  }
}

/** Whether what follows a word is white space to a shell. */
export function isBlankAt(text: Bytes, at: number): boolean {
  return skipBlank(text, at) > at || text[at] === '<' || /^,/.test(text.slice(at, at + 1));
}
