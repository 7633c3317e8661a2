/** What a file is called whose first bytes say nothing. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** Programs that a machine runs, whatever they are for. */
const PROGRAM = 'application/x-executable';
/** Programs that a shell runs. */
const SCRIPT = 'text/x-script';
/** Pages that a server runs: PHP, ASP, JSP. */
const SERVER_PAGE = 'text/x-server-page';

/** How far into a file is looked, behind the blanks it begins with. */
const HEAD_BYTES = 1_024;

type Signature = readonly [start: RegExp, type: string];

/** First bytes, as latin1. The first that fits counts. */
const BINARY: readonly Signature[] = [
  [/^\x7fELF/, PROGRAM],
  [/^MZ[\0-\xff]{0,62}\0/, PROGRAM],
  [/^(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)/, PROGRAM],
  [/^(?:\0asm|dex\n)/, PROGRAM],
  [/^L\0\0\0\x01\x14\x02\0/, PROGRAM],
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[\0-\xff]{4}WEBP/, 'image/webp'],
  [/^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/, 'image/tiff'],
  [/^BM[\0-\xff]{4}\0\0\0\0/, 'image/bmp'],
  [/^\0\0[\x01\x02]\0[\0-\xff]\0/, 'image/x-icon'],
  [/^[\0-\xff]{4}ftyp(?:avif|avis)/, 'image/avif'],
  [/^[\0-\xff]{4}ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)/, 'image/heic'],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL )/, 'image/jxl'],
  [/^%PDF-/, 'application/pdf'],
  [/^PK(?:\x03\x04|\x05\x06|\x07\x08)/, 'application/zip'],
  [/^\x1f\x8b/, 'application/gzip'],
  [/^(?:Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|BZh[1-9]|\xfd7zXZ\0|\x28\xb5\x2f\xfd)/, 'application/x-archive'],
];

const FIRST = /\S/g;

/** How texts begin, behind a byte order mark, blanks and comments. */
const TEXT: readonly Signature[] = [
  [/^<(?:\?php|\?=|%|jsp:|\?\s)/i, SERVER_PAGE],
  [/^#!\s*\/|^@echo\s+off\b/i, SCRIPT],
  [/^(?:<!doctype\s+svg[^>]*>\s*)?<(?:\w+:)?svg\b/i, 'image/svg+xml'],
  [/^<(?:!doctype\s+html|html|head|body|script|iframe|object|embed)\b/i, 'text/html'],
];

/**
 * The type of a file by its first bytes; '' for one that holds nothing.
 *
 * Safety: a file may be several things at once, and what stands behind the first kibibyte is not looked at: this tells what a file
 * says of itself, not that it is nothing else.
 */
export function typeOfFile(bytes: string): string {
  if (bytes === '') return '';
  const head = bytes.slice(0, HEAD_BYTES);
  const binary = BINARY.find(([start]) => start.test(head));
  if (binary !== undefined) return binary[1];
  const text = beginningOf(bytes);
  const known = TEXT.find(([start]) => start.test(text)) ?? TEXT.find(([start]) => start.test(content(text)));
  if (known !== undefined) return known[1];
  if (/^<\?xml\s/i.test(text)) return 'text/xml';
  return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(head) ? UNKNOWN_TYPE : 'text/plain';
}

function beginningOf(bytes: string): string {
  const from = bytes.startsWith('\xef\xbb\xbf') ? 3 : 0;
  FIRST.lastIndex = from;
  const at = FIRST.exec(bytes)?.index ?? from;
  return bytes.slice(at, at + HEAD_BYTES);
}

/** What stands behind the declaration of XML and comments. */
function content(text: string): string {
  let rest = text.replace(/^<\?xml\s[^>]*>\s*/i, '');
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->', 4);
    if (end < 0) return '';
    rest = rest.slice(end + 3).trimStart();
  }
  return rest;
}

/** Extensions that say a type, where files of that type can be told by their first bytes. */
const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['jpe', 'image/jpeg'],
  ['jfif', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
  ['bmp', 'image/bmp'],
  ['ico', 'image/x-icon'],
  ['avif', 'image/avif'],
  ['heic', 'image/heic'],
  ['svg', 'image/svg+xml'],
  ['pdf', 'application/pdf'],
  ['zip', 'application/zip'],
]);

/** The type that the name of a file says; '' where it says none that is known. */
export function typeOfName(name: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1];
  return extension === undefined ? '' : (BY_EXTENSION.get(extension.toLowerCase()) ?? '');
}
