const CRLF = '\r\n';

/** Head and body of a message as a transcript writes it: the first empty line parts them. */
function partsOf(text: string): { lines: string[]; body: string } {
  const at = text.indexOf('\n\n');
  if (at < 0) return { lines: text.split('\n'), body: '' };
  return { lines: text.slice(0, at).split('\n'), body: text.slice(at + 2) };
}

/** `\r`, `\n`, `\t`, `\0` and `\xHH` stand for the byte, `\<end of line>` for nothing. */
function bytesFrom(text: string): string {
  const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\n': '' };
  return text.replace(/\\(?:x([0-9A-Fa-f]{2})|([rnt0\n]))/g, (_, hex: string | undefined, name: string) =>
    hex === undefined ? (named[name] as string) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The bytes of a message, one character each; a body without a framing field gets a Content-Length. */
export function wireText(text: string): string {
  const { lines, body } = partsOf(bytesFrom(text));
  const isFramed = lines.some((line) => /^(?:content-length|transfer-encoding)\s*:/i.test(line));
  if (!isFramed && (body !== '' || lines[0]?.startsWith('HTTP/')))
    lines.push(`Content-Length: ${body.length}`);
  return lines.join(CRLF) + CRLF + CRLF + (isFramed ? body.replaceAll(/\r?\n/g, CRLF) : body);
}

/** Method of a request as written. */
export function methodOf(text: string): string {
  return text.split(' ', 1)[0] as string;
}
