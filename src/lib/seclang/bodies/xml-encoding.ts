import { Buffer, isUtf8 } from 'node:buffer';
import type { Bytes } from '../bytes.ts';

/** A document in UTF-8, or why it cannot be turned into it. */
export type XmlText =
  | { readonly ok: true; readonly text: Bytes }
  | { readonly ok: false; readonly problem: string };

const DECLARATION =
  /^<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(["'])1\.[0-9]+\1(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(["'])([A-Za-z][\w.-]*)\2)?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(["'])(?:yes|no)\4)?[\t\n\r ]*\?>/;

/** Encodings whose bytes below 80 are those of ASCII, as the decoder of the platform calls them. */
const SINGLE_BYTE: ReadonlyMap<string, string> = new Map([
  ['iso-8859-1', 'latin1'],
  ['latin1', 'latin1'],
  ['windows-1252', 'windows-1252'],
]);
/** Bytes of a document that are converted at once. */
const MAX_CONVERTED_BYTES = 1_048_576;
const OWN = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/**
 * Takes the byte order mark and the declaration off a document and turns the rest into UTF-8.
 *
 * Safety: an encoding that is not known here is refused, because another reader could find a different document in the bytes.
 */
export function decodeXml(body: Bytes): XmlText {
  if (body.startsWith('\xff\xfe') || body.startsWith('\xfe\xff')) return decodeUtf16(body);
  const text = body.startsWith('\xef\xbb\xbf') ? body.slice(3) : body;
  if (!/^<\?xml[\t\n\r ]/.test(text)) return checked(text);
  const declaration = DECLARATION.exec(text);
  if (declaration === null) return { ok: false, problem: 'the declaration of XML is malformed' };
  const rest = text.slice(declaration[0].length);
  const encoding = (declaration[3] ?? 'utf-8').toLowerCase();
  if (OWN.has(encoding)) return checked(rest);
  const known = SINGLE_BYTE.get(encoding);
  if (rest.length > MAX_CONVERTED_BYTES) return { ok: false, problem: 'only UTF-8 may be that long' };
  if (known === undefined) return { ok: false, problem: 'the encoding is not one that is read here' };
  const bytes = Buffer.from(rest, 'latin1');
  const decoded = known === 'latin1' ? rest : new TextDecoder(known).decode(bytes);
  return { ok: true, text: Buffer.from(decoded, 'utf8').toString('latin1') };
}

function decodeUtf16(body: Bytes): XmlText {
  const bytes = Buffer.from(body.slice(2), 'latin1');
  if (bytes.length % 2 !== 0) return { ok: false, problem: 'the text is not UTF-16' };
  if (body.startsWith('\xfe\xff')) bytes.swap16();
  const text = bytes.toString('utf16le').replace(/^<\?xml[\t\n\r ][^>]*\?>/, '');
  if (!text.isWellFormed()) return { ok: false, problem: 'the text is not UTF-16' };
  return { ok: true, text: Buffer.from(text, 'utf8').toString('latin1') };
}

function checked(text: Bytes): XmlText {
  if (isUtf8(Buffer.from(text, 'latin1'))) return { ok: true, text };
  return { ok: false, problem: 'the text is not UTF-8' };
}
