import type { Bytes } from '../../seclang/bytes.ts';

/** So that tags in tags in tags do not each read the rest of the text. */
const LONGEST_VALUE = 1_024;
export const MOST_ATTRIBUTES = 64;

/** A tag as browsers read it. One instance is used again and again. */
export class Tag {
  /** Lower-case; `/name` for an end tag, `!name` and `?name` for declarations. */
  name = '';
  /** In lower case. */
  readonly attributes: string[] = [];
  readonly values: string[] = [];
  end = 0;
  isEnded = false;

  /**
   * Reads what stands behind a `<`, up to so many attributes. Gives whether it is a tag.
   *
   * Cost: bounded, whatever the length of the text.
   */
  read(text: Bytes, from: number, mostAttributes: number): boolean {
    this.attributes.length = 0;
    this.values.length = 0;
    this.isEnded = false;
    const lead = /^[\x00-\x20]{0,4}([/!?%]?)\x00{0,4}([a-z][^\s/>\x0b"'=<(]{0,40})/i.exec(
      text.slice(from, from + 50),
    );
    if (lead === null) return false;
    // White space ends the matter in browsers; servers that strip it do not know that.
    if (/^[\x01-\x20]/.test(lead[0]) && lead[1] === '') return false;
    this.name = (lead[1] + (lead[2] as string)).toLowerCase().replaceAll('\0', '');
    this.#readAttributes(text, from + lead[0].length, mostAttributes);
    return true;
  }

  #readAttributes(text: Bytes, from: number, most: number): void {
    let at = from;
    while (at < text.length && this.attributes.length < most) {
      at = skipSeparators(text, at);
      if (at >= text.length) break;
      if (text[at] === '>') {
        this.isEnded = true;
        at++;
        break;
      }
      if (text[at] === '<') break;
      at = this.#readAttribute(text, at);
    }
    this.end = at;
  }

  #readAttribute(text: Bytes, from: number): number {
    let at = from + 1;
    while (at < text.length && at < from + LONGEST_VALUE && !isNameEnd(text.charCodeAt(at))) at++;
    this.attributes.push(
      text
        .slice(from, Math.min(at, from + 60))
        .toLowerCase()
        .replaceAll('\0', ''),
    );
    let value = at;
    while (value < text.length && text.charCodeAt(value) <= 0x20) value++;
    if (text[value] !== '=') {
      this.values.push('');
      return at;
    }
    value++;
    while (value < text.length && text.charCodeAt(value) <= 0x20) value++;
    return this.#readValue(text, value);
  }

  #readValue(text: Bytes, from: number): number {
    const quote = text[from];
    if (quote === '"' || quote === "'" || quote === '`') {
      const value = text.slice(from + 1, from + 1 + LONGEST_VALUE);
      const length = value.indexOf(quote);
      this.values.push(length < 0 ? value : value.slice(0, length));
      return length < 0 ? from + 1 + value.length : from + length + 2;
    }
    let at = from;
    while (at < text.length && at < from + LONGEST_VALUE && text[at] !== '>' && text.charCodeAt(at) > 0x20)
      at++;
    this.values.push(text.slice(from, at));
    return at;
  }
}

function skipSeparators(text: Bytes, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code > 0x20 && code !== 0x2f && code !== 0x22 && code !== 0x27 && code !== 0x60 && code !== 0x0b)
      break;
    at++;
  }
  return at;
}

/** White space, `/`, `>`, `=`, `<`, and quotes, which browsers keep and filters trip over. */
function isNameEnd(code: number): boolean {
  return (
    code <= 0x20 ||
    code === 0x2f ||
    code === 0x3e ||
    code === 0x3d ||
    code === 0x3c ||
    code === 0x22 ||
    code === 0x27
  );
}
