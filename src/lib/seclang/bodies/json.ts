import { type Bytes, isSpace } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import { type BodyOptions, type BodyReader, TOO_MANY_ARGUMENTS } from './body-reader.ts';
import { JsonNames } from './json-names.ts';
import { JsonString } from './json-string.ts';

/** What may stand next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const NOTHING = 6;

/** Bytes that all names together may have beyond eight times those of the body. */
const SPARE_NAME_BYTES = 1_048_576;

/**
 * A JSON body (RFC 8259), read strictly and without recursion: each string, number, `true`, `false` and `null` (as nothing) is an argument.
 *
 * What was read before a mistake stays. Names grow with the depth of their values: where they become much longer than the body, it is
 * an error.
 */
export class JsonReader implements BodyReader {
  readonly values = new NamedValues();
  error: Bytes = '';
  readonly #text: Bytes;
  readonly #limit: number;
  readonly #depthLimit: number;
  readonly #names = new JsonNames();
  readonly #string: JsonString;
  /** Of each open object or array whether it is an object. */
  readonly #open: boolean[] = [];
  #isInString = false;
  #expects = VALUE;
  #nameBytes: number;
  #at = 0;
  #isOver = false;

  constructor(body: Bytes, { argumentsLimit, jsonDepthLimit }: BodyOptions) {
    this.#text = body;
    this.#limit = argumentsLimit;
    this.#depthLimit = jsonDepthLimit;
    this.#string = new JsonString(body);
    this.#nameBytes = SPARE_NAME_BYTES + 8 * body.length;
  }

  step(bytes: number): boolean {
    const until = this.#at + bytes;
    while (!this.#isOver && this.#at < until) {
      if (this.#isInString) this.#readString(until);
      else this.#token();
    }
    return this.#isOver;
  }

  #fail(problem: string): void {
    this.error = problem === TOO_MANY_ARGUMENTS ? problem : `JSON parsing error: ${problem}`;
    this.#isOver = true;
  }

  #token(): void {
    const text = this.#text;
    while (isSpace(text.charCodeAt(this.#at))) this.#at++;
    if (this.#at >= text.length) {
      this.#isOver = true;
      if (this.#expects !== NOTHING) this.#fail('the text ends too early');
      return;
    }
    const char = text[this.#at] as string;
    if (char === '"') this.#openString();
    else if (char === '{' || char === '[') this.#openContainer(char === '{');
    else if (char === '}' || char === ']') this.#closeContainer(char === '}');
    else if (char === ',') this.#comma();
    else if (char === ':') this.#colon();
    else this.#scalar(char);
  }

  get #wantsValue(): boolean {
    return this.#expects === VALUE || this.#expects === VALUE_OR_END;
  }

  #unexpected(): void {
    this.#fail(
      this.#expects === NOTHING ? 'something stands behind the value' : 'a character stands where it may not',
    );
  }

  #openString(): void {
    if (!this.#wantsValue && this.#expects !== KEY && this.#expects !== KEY_OR_END) {
      this.#unexpected();
      return;
    }
    this.#isInString = true;
    this.#at++;
    this.#string.open(this.#at);
  }

  #readString(until: number): void {
    const string = this.#string;
    const value = string.read(until);
    this.#at = string.at;
    if (value !== null) {
      this.#isInString = false;
      if (this.#wantsValue) this.#add(value);
      else {
        this.#names.setKey(value);
        this.#expects = COLON;
      }
    } else if (string.problem !== '') this.#fail(string.problem);
    else if (this.#at >= this.#text.length) this.#fail('the text ends too early');
  }

  #openContainer(isMap: boolean): void {
    if (!this.#wantsValue) {
      this.#unexpected();
      return;
    }
    this.#at++;
    this.#open.push(isMap);
    if (isMap) this.#names.openMap();
    else this.#names.openArray();
    this.#expects = isMap ? KEY_OR_END : VALUE_OR_END;
    if (this.#names.isOverfull) this.#fail('there are too many names');
    if (this.#names.depth > this.#depthLimit) this.#fail('JSON depth limit exceeded');
  }

  #closeContainer(isMap: boolean): void {
    const mayEnd = this.#expects === COMMA_OR_END || this.#expects === (isMap ? KEY_OR_END : VALUE_OR_END);
    if (!mayEnd || this.#open.at(-1) !== isMap) {
      this.#unexpected();
      return;
    }
    this.#at++;
    this.#open.pop();
    if (isMap) this.#names.closeMap();
    else this.#names.closeArray();
    this.#afterValue();
  }

  #comma(): void {
    if (this.#expects !== COMMA_OR_END) {
      this.#unexpected();
      return;
    }
    this.#at++;
    this.#expects = this.#open.at(-1) === true ? KEY : VALUE;
  }

  #colon(): void {
    if (this.#expects !== COLON) {
      this.#unexpected();
      return;
    }
    this.#at++;
    this.#expects = VALUE;
  }

  #scalar(char: string): void {
    if (!this.#wantsValue) {
      this.#unexpected();
      return;
    }
    const literal = char === 't' ? 'true' : char === 'f' ? 'false' : char === 'n' ? 'null' : '';
    if (literal !== '' && this.#text.startsWith(literal, this.#at)) {
      this.#at += literal.length;
      this.#add(literal === 'null' ? '' : literal);
      return;
    }
    const end = literal === '' ? numberEnd(this.#text, this.#at) : -1;
    if (end < 0) this.#unexpected();
    else {
      const number = this.#text.slice(this.#at, end);
      this.#at = end;
      this.#add(number);
    }
  }

  #add(value: Bytes): void {
    const { name } = this.#names;
    this.#nameBytes -= name.length;
    if (this.values.length >= this.#limit) this.#fail(TOO_MANY_ARGUMENTS);
    else if (this.#nameBytes < 0) this.#fail('names are far longer than the text');
    else this.values.add(name, value);
    this.#afterValue();
  }

  #afterValue(): void {
    this.#expects = this.#open.length === 0 ? NOTHING : COMMA_OR_END;
  }
}

/** Where a number (RFC 8259, 6) that begins at `at` ends; -1 where there is none, or one that breaks off. */
function numberEnd(text: Bytes, at: number): number {
  const start = text.charCodeAt(at) === 0x2d ? at + 1 : at;
  let end = digitsEnd(text, start);
  if (end === start) return -1;
  if (text.charCodeAt(start) === 0x30) end = start + 1;
  if (text.charCodeAt(end) === 0x2e) {
    const from = end + 1;
    end = digitsEnd(text, from);
    if (end === from) return -1;
  }
  if ((text.charCodeAt(end) | 0x20) !== 0x65) return end;
  const sign = text.charCodeAt(end + 1);
  const from = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1;
  end = digitsEnd(text, from);
  return end === from ? -1 : end;
}

function digitsEnd(text: Bytes, from: number): number {
  let end = from;
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}
