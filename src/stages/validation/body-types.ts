import { type Decision, deny } from '../../core/decision.ts';
import type { FieldLines } from '../../lib/http/field-lines.ts';
import { isInRange, type MediaRange, parseMediaRange } from '../../lib/http/media-range.ts';
import { type MediaType, parseMediaType } from '../../lib/http/media-type.ts';

/** What the Content-Type of a body means for it. */
export interface BodyType {
  readonly refusal: Decision | null;
  readonly isJson: boolean;
}

const refused = (detail: string): BodyType => ({
  refusal: deny('validation.content-type', { detail }),
  isJson: false,
});

const MISSING = refused('a body without Content-Type');
const SEVERAL = refused('more than one Content-Type field');
const MALFORMED = refused('the Content-Type is not a media type');
const UNLISTED = refused('the type is not listed in `validate.contentTypes`');
const NOT_JSON = refused('`validate.json` is set and `validate.contentTypes` lists no type besides JSON');
const CHARSET = refused('JSON in a character set other than UTF-8');
const JSON_BODY: BodyType = { refusal: null, isJson: true };
const OTHER_BODY: BodyType = { refusal: null, isJson: false };

/** What upstreams read as JSON besides `application/json` and `+json`. */
const OTHER_JSON_TYPES = new Set(['application/json', 'application/x-json', 'text/json', 'text/x-json']);

const MAX_REMEMBERED = 256;
const MAX_REMEMBERED_LENGTH = 128;

/** Judges the types of bodies; common spellings are remembered. */
export class BodyTypes {
  readonly #ranges: readonly MediaRange[];
  readonly #onlyJson: boolean;
  readonly #remembered = new Map<string, BodyType>();

  /** Without ranges any type is taken, or JSON alone. */
  constructor(ranges: readonly string[], onlyJson: boolean) {
    this.#ranges = ranges.map((text) => parseMediaRange(text) as MediaRange);
    this.#onlyJson = ranges.length === 0 && onlyJson;
  }

  /** Judges the type of a request that has a body. */
  find(headers: FieldLines): BodyType {
    const at = headers.names.indexOf('content-type');
    if (at < 0) return MISSING;
    if (headers.names.indexOf('content-type', at + 1) >= 0) return SEVERAL;
    const value = headers.values[at] as string;
    const known = this.#remembered.get(value);
    if (known !== undefined) return known;
    const found = this.#judge(parseMediaType(value));
    if (value.length <= MAX_REMEMBERED_LENGTH) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(value, found);
    }
    return found;
  }

  #judge(media: MediaType | null): BodyType {
    if (media === null) return MALFORMED;
    const isJson = media.type.endsWith('+json') || OTHER_JSON_TYPES.has(media.type);
    if (this.#onlyJson && !isJson) return NOT_JSON;
    if (this.#ranges.length > 0 && !this.#ranges.some((range) => isInRange(range, media.type)))
      return UNLISTED;
    if (!isJson) return OTHER_BODY;
    return isUtf8(media) ? JSON_BODY : CHARSET;
  }
}

/** RFC 8259, 8.1: JSON between systems is UTF-8. A charset in pieces (RFC 2231) is one that readers see or do not see. */
function isUtf8(media: MediaType): boolean {
  for (const [name, value] of media.parameters) {
    if (!name.startsWith('charset')) continue;
    if (name !== 'charset' || !/^utf-?8$/i.test(value)) return false;
  }
  return true;
}
