import { Buffer } from 'node:buffer';
import type { BodyOptions, BodyReader } from '../bodies/body-reader.ts';
import { MultipartReader } from '../bodies/multipart.ts';
import { openBody } from '../bodies/open-body.ts';
import { ArgumentReader } from '../bodies/urlencoded.ts';
import { XmlReader } from '../bodies/xml.ts';
import { type Bytes, lowerAscii } from '../bytes.ts';
import type { EngineSettings } from '../syntax/rule.ts';
import type { RequestInput, ResponseInput } from '../transaction.ts';
import { parseCookies } from './cookies.ts';
import { findHeader, joinHeaders } from './header-values.ts';
import { NamedValues, NO_VALUES } from './named-values.ts';
import { decodePath, parseTarget, type TargetParts } from './request-target.ts';
import { XPATHS } from './xpaths.ts';

/** Bytes of a body that are read between two looks at the clock: well below a millisecond. */
const STEP_BYTES = 32_768;

/** What `XML` without an XPath is, where there is a document. */
const XML_TREE: readonly Bytes[] = ['[XML document tree]'];

/**
 * What the rules look at of one request and its answer, each part taken apart when somebody asks.
 *
 * Collections keep their identity until a body is added to them, so that what was found out about one can be remembered.
 */
export class RequestView {
  readonly input: RequestInput;
  readonly settings: EngineSettings;
  readonly target: TargetParts;
  /** Fields of one name are one. */
  readonly headers: NamedValues;
  /** `REQBODY_PROCESSOR`: from the media type, or what a rule says. */
  bodyProcessor: Bytes;
  /** `ctl:forceRequestBodyVariable`. */
  forcesBodyVariable: boolean;
  /** Whether paths are seen decoded, as from phase 2 on. */
  isPastHead: boolean;
  /** The body as it came; null while there is none. */
  body: Bytes | null;
  isBodyPartial: boolean;
  /** What a body processor found; null without one or before it ran. */
  reader: BodyReader | null;
  response: ResponseInput | null;
  responseHeaders: NamedValues;
  responseBody: Bytes | null;
  isResponsePartial: boolean;
  #cookies: NamedValues | null;
  #query: ArgumentReader | null;
  #args: NamedValues | null;
  #path: Bytes | null;

  constructor(input: RequestInput, settings: EngineSettings) {
    this.input = input;
    this.settings = settings;
    this.target = parseTarget(input.target, input.method);
    this.headers = joinHeaders(input.headerNames, input.headerValues);
    this.bodyProcessor = processorOf(this.headers);
    this.forcesBodyVariable = false;
    this.isPastHead = false;
    this.body = null;
    this.isBodyPartial = false;
    this.reader = null;
    this.response = null;
    this.responseHeaders = NO_VALUES;
    this.responseBody = null;
    this.isResponsePartial = false;
    this.#cookies = null;
    this.#query = null;
    this.#args = null;
    this.#path = null;
  }

  /** After phase 1: from here on paths are seen decoded, and the body is read by the processor that was named last. */
  startBody(body: Uint8Array | null, isPartial: boolean): void {
    this.isPastHead = true;
    this.#path = null;
    if (body === null || body.length === 0) return;
    this.body = toBytes(body);
    this.isBodyPartial = isPartial;
    this.reader = openBody(this.bodyProcessor, this.body, this.#bodyOptions());
  }

  /** Reads the body until it is through (true) or the deadline of `performance.now()` came. */
  readBody(deadlineMs: number): boolean {
    const { reader } = this;
    if (reader === null) return true;
    while (!reader.step(STEP_BYTES)) if (performance.now() >= deadlineMs) return false;
    this.#args = null;
    return true;
  }

  /** Before phase 3. */
  setResponse(response: ResponseInput): void {
    this.response = response;
    this.responseHeaders = new NamedValues([...response.headerNames], [...response.headerValues]);
  }

  /** Before phase 4. */
  setResponseBody(body: Uint8Array, isPartial: boolean): void {
    this.responseBody = toBytes(body);
    this.isResponsePartial = isPartial;
  }

  /** A field of the request by its name in lower case; null where there is none. */
  header(lowerName: Bytes): Bytes | null {
    return findHeader(this.headers, lowerName);
  }

  /** The first field of that name in the answer. */
  responseHeader(lowerName: Bytes): Bytes | null {
    return findHeader(this.responseHeaders, lowerName);
  }

  get path(): Bytes | null {
    const { path } = this.target;
    if (!this.isPastHead || path === null) return path;
    this.#path ??= decodePath(path);
    return this.#path;
  }

  get cookies(): NamedValues {
    if (this.#cookies !== null) return this.#cookies;
    const field = this.header('cookie');
    this.#cookies = field === null ? NO_VALUES : parseCookies(field, this.settings.cookieFormat);
    return this.#cookies;
  }

  /** Arguments of the query string. */
  get query(): ArgumentReader {
    if (this.#query !== null) return this.#query;
    const { argumentSeparator, argumentsLimit } = this.settings;
    this.#query = new ArgumentReader(this.target.query ?? '', argumentSeparator, argumentsLimit);
    this.#query.step(Number.POSITIVE_INFINITY);
    return this.#query;
  }

  /** Arguments of the query string and behind them those of the body. */
  get args(): NamedValues {
    this.#args ??= this.reader === null ? this.query.values : this.query.values.concat(this.reader.values);
    return this.#args;
  }

  /** `ARGS_POST`: those of a form. */
  get postArgs(): NamedValues {
    const isForm = this.bodyProcessor === 'URLENCODED' || this.bodyProcessor === 'MULTIPART';
    return isForm && this.reader !== null ? this.reader.values : NO_VALUES;
  }

  /** The body of a form with files; null where it is none. */
  get multipart(): MultipartReader | null {
    return this.reader instanceof MultipartReader ? this.reader : null;
  }

  /** What an XPath of `XPATHS` selects of an XML body; the same list each time. */
  xmlValues(xpath: Bytes): readonly Bytes[] {
    const { reader } = this;
    const selected = XPATHS.get(xpath);
    if (!(reader instanceof XmlReader) || selected === undefined) return NO_VALUES.values;
    if (selected === 'attributes') return reader.attributes;
    return selected === 'root' ? reader.rootTexts : XML_TREE;
  }

  /** `REQBODY_ERROR_MSG`; '' where nothing is wrong. */
  get bodyError(): Bytes {
    return this.query.error || this.reader?.error || this.#lengthError;
  }

  /** Where more bytes of the body belong to no file than `SecRequestBodyNoFilesLimit` says. */
  get #lengthError(): Bytes {
    const limit = this.settings.requestBodyNoFilesLimitBytes;
    const length = this.multipart?.noFilesLength ?? this.body?.length ?? 0;
    return length > limit
      ? `Request body no files data length is larger than the configured limit (${limit}).`
      : '';
  }

  /** `URLENCODED_ERROR`. */
  get isUrlInvalid(): boolean {
    return this.query.isInvalid || (this.reader instanceof ArgumentReader && this.reader.isInvalid);
  }

  #bodyOptions(): BodyOptions {
    const { argumentSeparator, argumentsLimit, requestBodyJsonDepth } = this.settings;
    return {
      contentType: this.header('content-type') ?? '',
      argumentSeparator,
      argumentsLimit: argumentsLimit - this.query.values.length,
      jsonDepthLimit: requestBodyJsonDepth,
    };
  }
}

function processorOf(headers: NamedValues): Bytes {
  const type = lowerAscii(findHeader(headers, 'content-type') ?? '');
  if (type.startsWith('application/x-www-form-urlencoded')) return 'URLENCODED';
  return type.startsWith('multipart/form-data') ? 'MULTIPART' : '';
}

function toBytes(body: Uint8Array): Bytes {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
}
