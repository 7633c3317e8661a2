import { type Bytes, isSpace, lowerAscii } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import { type BodyOptions, type BodyReader, TOO_MANY_ARGUMENTS } from './body-reader.ts';
import { parseDisposition } from './content-disposition.ts';
import { escapeForLog } from './escape-for-log.ts';
import { parseBoundary } from './multipart-boundary.ts';
import { MultipartFlags } from './multipart-flags.ts';
import { Uploads } from './upload.ts';

/** How far into a line is looked, and how long a header line may be. */
const LINE_BYTES = 4_096;

/** Header lines that one part may have. */
const MAX_HEADERS = 1_000;

/** The part that is being read. */
class Part {
  readonly headers = new NamedValues();
  /** Where a header stands, by its name in lower case. */
  readonly places = new Map<Bytes, number>();
  /** Header lines as they will be told, each beside its name. */
  readonly lines: Bytes[] = [];
  name: Bytes | null = null;
  filename: Bytes | null = null;
  isInData = false;
  /** Where its data begins and ends; the line break before the boundary belongs to the boundary. */
  dataStart = 0;
  dataEnd = -1;
}

/**
 * A body of `multipart/form-data`, read line by line as ModSecurity 2.9.7 does.
 *
 * Where readers could understand a body differently, a flag says so; where no part can be told from the next, it is an error,
 * and no argument of the body is one.
 */
export class MultipartReader implements BodyReader {
  readonly values = new NamedValues();
  readonly flags = new MultipartFlags();
  /** Of each file the name of its field, and beside it what it calls itself, its bytes and how many they are. */
  readonly files = new NamedValues();
  readonly fileContents = new NamedValues();
  readonly fileSizes = new NamedValues();
  filesLength = 0;
  readonly uploads = new Uploads();
  /** Header lines, by the name of the field of their part. */
  readonly partHeaders = new NamedValues();
  /** Bytes that belong to no file. */
  noFilesLength = 0;
  /** Those of the part that came last. */
  lastName: Bytes | null = null;
  lastFilename: Bytes | null = null;
  error: Bytes = '';
  readonly #body: Bytes;
  readonly #limit: number;
  readonly #fields = new NamedValues();
  /** Two hyphens and the boundary. */
  #mark: Bytes = '';
  /** Where the mark stands next; negative where it does not. */
  #nextMark = -1;
  #boundaries = 0;
  #part: Part | null = null;
  #at = 0;
  #isOver = false;

  constructor(body: Bytes, { contentType, argumentsLimit }: BodyOptions) {
    this.#body = body;
    this.#limit = argumentsLimit;
    const result = parseBoundary(contentType, this.flags);
    if (result.ok) {
      this.#mark = `--${result.boundary}`;
      this.#nextMark = body.indexOf(this.#mark);
    } else {
      this.flags.error = true;
      this.error = result.problem;
      this.#isOver = true;
    }
  }

  step(bytes: number): boolean {
    const until = this.#at + bytes;
    while (!this.#isOver && this.#at < until) this.#line();
    return this.#isOver;
  }

  #fail(problem: string, isFlagged = true): void {
    this.error = `Multipart parsing error: Multipart: ${problem}`;
    if (isFlagged) this.flags.error = true;
    this.#isOver = true;
  }

  #lineBreak(isCrlf: boolean): void {
    if (isCrlf) this.flags.crlfLine = true;
    else this.flags.lfLine = true;
  }

  #line(): void {
    const body = this.#body;
    const start = this.#at;
    const found = body.indexOf('\n', start);
    if (found < 0) {
      this.#finish(body.slice(start));
      return;
    }
    const end = found + 1;
    this.#at = end;
    if (body.startsWith('--', start) && this.#boundary(start, end)) return;
    if (this.#isOver) return;
    if (!body.startsWith('--', start)) this.#lookForMark(start, end);
    const part = this.#part;
    if (part === null) this.flags.dataBefore = true;
    else if (part.isInData) part.dataEnd = lineEnd(body, part.dataStart, end);
    else if (end - start >= LINE_BYTES) this.#fail(`Part header line over ${LINE_BYTES} bytes long`);
    else this.#header(part, body.slice(start, end));
  }

  /** A line with the mark somewhere but at its start. */
  #lookForMark(start: number, end: number): void {
    while (this.#nextMark >= 0 && this.#nextMark < start) {
      this.#nextMark = this.#body.indexOf(this.#mark, start);
    }
    const until = Math.min(end, start + LINE_BYTES);
    if (this.#nextMark >= 0 && this.#nextMark + this.#mark.length <= until)
      this.flags.unmatchedBoundary = true;
  }

  /** A line that begins with two hyphens: whether it is a boundary. */
  #boundary(start: number, end: number): boolean {
    const whole = this.#body.slice(start, Math.min(end, start + LINE_BYTES));
    const nul = whole.indexOf('\0');
    const line = nul < 0 ? whole : whole.slice(0, nul);
    if (line.length <= 3) {
      this.#lookForMark(start, end);
      return false;
    }
    if (line.startsWith(this.#mark)) return this.#marked(line, start);
    const boundary = this.#mark.slice(2);
    if (this.flags.boundaryQuoted && line.startsWith(`"${boundary}`, 2)) {
      this.#fail('Invalid boundary (quotes).');
    } else if (isSpace(line.charCodeAt(2)) && withoutSpace(line, 2).startsWith(boundary)) {
      this.#fail('Invalid boundary (whitespace).');
    } else this.flags.unmatchedBoundary = true;
    return false;
  }

  #marked(line: Bytes, start: number): boolean {
    const part = this.#part;
    if (part !== null && part.dataEnd < 0) {
      // Nothing stands between it and the header, so that its line break is missing.
      this.flags.invalidPart = true;
      return false;
    }
    const rest = line.slice(this.#mark.length);
    const isFinal = rest.startsWith('--');
    const ending = isFinal ? rest.slice(2) : rest;
    if (ending !== '\r\n' && ending !== '\n') {
      this.#fail(`Invalid boundary: ${escapeForLog(line)}`);
      return false;
    }
    this.#lineBreak(ending === '\r\n');
    if (start > 0) this.#lineBreak(this.#body[start - 2] === '\r');
    this.#boundaries++;
    this.#endPart();
    if (Math.max(this.#fields.length, this.files.length) > this.#limit) {
      this.#complete();
      this.error = TOO_MANY_ARGUMENTS;
      return true;
    }
    if (isFinal) {
      if (this.#at < this.#body.length) this.flags.dataAfter = true;
      this.#complete();
    } else this.#part = new Part();
    return true;
  }

  #endPart(): void {
    const part = this.#part;
    this.#part = null;
    if (part === null || part.name === null) return;
    const data = this.#body.slice(part.dataStart, Math.max(part.dataStart, part.dataEnd));
    if (part.filename === null) {
      this.#fields.add(part.name, data);
      this.noFilesLength += data.length;
    } else {
      this.files.add(part.name, part.filename);
      this.fileContents.add(part.name, data);
      this.fileSizes.add(part.name, `${data.length}`);
      this.filesLength += data.length;
      const place = part.places.get('content-type');
      const type = place === undefined ? '' : (part.headers.values[place] as Bytes);
      this.uploads.add(part.name, part.filename, type, data);
    }
    for (const line of part.lines) this.partHeaders.add(part.name, line);
  }

  #complete(): void {
    this.#isOver = true;
    const { names, values } = this.#fields;
    for (let i = 0; i < names.length && this.error === ''; i++) {
      if (i >= this.#limit) this.error = TOO_MANY_ARGUMENTS;
      else this.values.add(names[i] as Bytes, values[i] as Bytes);
    }
  }

  /** What stands behind the last line break: the final boundary, or too little. */
  #finish(tail: Bytes): void {
    if (this.#boundaries === 0) this.#fail('No boundaries found in payload.', false);
    else if (tail !== `${this.#mark}--`) this.#fail('Final boundary missing.', false);
    else {
      this.#endPart();
      this.#complete();
    }
  }

  #header(part: Part, line: Bytes): void {
    if (line.includes('\0')) {
      this.#fail('Nul byte in part headers.');
      return;
    }
    this.noFilesLength += line.length;
    this.#lineBreak(line.endsWith('\r\n'));
    if (line === '\r\n' || line === '\n') this.#endHeader(part);
    else if (isSpace(line.charCodeAt(0))) this.#fold(part, line);
    else this.#field(part, line);
  }

  #field(part: Part, line: Bytes): void {
    const colon = line.indexOf(':');
    if (colon < 0) this.#fail(`Invalid part header (colon missing): ${escapeForLog(line)}.`);
    else if (part.lines.length >= MAX_HEADERS) this.#fail('Too many part headers.');
    else if (colon === 0) this.#fail('Invalid part header (header name missing).');
    else if (part.places.has(lowerAscii(line.slice(0, colon)))) {
      this.#fail(`Duplicate part header: ${escapeForLog(line.slice(0, colon))}.`);
    } else {
      const text = withoutBreak(line);
      part.places.set(lowerAscii(line.slice(0, colon)), part.headers.length);
      part.headers.add(line.slice(0, colon), text.slice(colon + 1).replace(/^[\t ]+/, ''));
      part.lines.push(text);
    }
  }

  #fold(part: Part, line: Bytes): void {
    this.flags.headerFolding = true;
    let data = 0;
    while (data < line.length && isSpace(line.charCodeAt(data))) {
      const char = line[data];
      if (char !== ' ' && char !== '\t') this.flags.invalidHeaderFolding = true;
      data++;
    }
    const last = part.headers.length - 1;
    if (last < 0) {
      this.#fail('Invalid part header (folding error).');
      return;
    }
    const value = `${part.headers.values[last]} ${withoutBreak(line.slice(data))}`;
    part.headers.values[last] = value;
    part.lines[last] = `${part.headers.names[last]}: ${value}`;
    if (value.length > LINE_BYTES) this.#fail('Part header too long.');
  }

  #endHeader(part: Part): void {
    const place = part.places.get('content-disposition');
    if (place === undefined) {
      this.#fail('Part missing Content-Disposition header.');
      return;
    }
    const field = part.headers.values[place] as Bytes;
    const { name, filename, mistake } = parseDisposition(field, this.flags);
    if (name !== null) this.lastName = name;
    if (filename !== null) this.lastFilename = filename;
    if (mistake !== 0) this.#fail(`Invalid Content-Disposition header (${mistake}): ${escapeForLog(field)}.`);
    else if (name === null) this.#fail('Content-Disposition header missing name field.');
    else if (filename !== null && !field.includes('filename=')) {
      // Readers that look for the bare word find another name than we do.
      this.#fail('Invalid Content-Disposition header (filename).');
    }
    part.name = name;
    part.filename = filename;
    part.isInData = true;
    part.dataStart = this.#at;
  }
}

function withoutSpace(text: Bytes, from: number): Bytes {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return text.slice(at);
}

/** Where the content of a line ends: before LF or CRLF. */
function lineEnd(body: Bytes, from: number, end: number): number {
  return end - 2 >= from && body[end - 2] === '\r' ? end - 2 : end - 1;
}

function withoutBreak(line: Bytes): Bytes {
  if (line.endsWith('\r\n')) return line.slice(0, -2);
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}
