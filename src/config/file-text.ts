import { readFileSync, statSync } from 'node:fs';

/** The text of a file, or why there is none, as the end of a sentence. */
export type FileText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
};

/** The bytes of a file, or why there are none, as the end of a sentence. */
export type FileBytes =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly why: string };

/** Reads a regular file of at most `limitBytes`. Pipes and devices are refused, because they can block. */
export function readBytes(path: string, limitBytes: number): FileBytes {
  try {
    const facts = statSync(path);
    if (facts.isDirectory()) return { ok: false, why: CAUSES.EISDIR as string };
    if (!facts.isFile()) return { ok: false, why: 'it is not a regular file' };
    if (facts.size > limitBytes) return { ok: false, why: `it is larger than ${limitBytes} bytes` };
    return { ok: true, bytes: readFileSync(path) };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'ERR_INVALID_ARG_VALUE') return { ok: false, why: 'its name holds a NUL character' };
    return { ok: false, why: CAUSES[code] ?? `the system says ${code || String(cause)}` };
  }
}

/** Reads a regular file of at most `limitBytes` as UTF-8, as `readBytes` does. */
export function readText(path: string, limitBytes: number): FileText {
  const file = readBytes(path, limitBytes);
  if (!file.ok) return file;
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(file.bytes) };
  } catch {
    return { ok: false, why: 'it is not UTF-8 text' };
  }
}
