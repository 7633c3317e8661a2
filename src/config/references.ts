import { resolve } from 'node:path';
import type { ConfigProblem } from '../core/errors.ts';
import { closest } from '../lib/text/suggest.ts';
import { readText } from './file-text.ts';
import { type Path, pointerOf } from './pointer.ts';

/** Where references are resolved. */
export interface ReferenceSource {
  /** Directory that `${file:…}` is relative to. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A document with its references replaced. */
export interface Resolved {
  readonly document: unknown;
  /** The references that values came from, as written, by JSON pointer. */
  readonly references: ReadonlyMap<string, string>;
  /** What each reference stands for. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly files: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

const MAX_FILE_BYTES = 1_048_576;
const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const KIND = /^(env|file):(.*)$/s;

type Fault = { readonly message: string; readonly suggestion?: string };

/** Replaces `${env:NAME}` and `${file:path}` in every text of a document; `$${` is a literal `${`. Never throws. */
export function resolveReferences(document: unknown, source: ReferenceSource): Resolved {
  const references = new Map<string, string>();
  const secrets = new Map<string, string>();
  const files: string[] = [];
  const problems: ConfigProblem[] = [];

  const look = (body: string, whole: string): string | Fault => {
    const [, kind, name = ''] = KIND.exec(body) ?? [];
    if (kind === undefined || name === '' || !whole.endsWith('}')) return badReference(body, whole);
    const known = secrets.get(whole);
    if (known !== undefined) return known;
    if (kind === 'file') files.push(resolve(source.baseDir, name));
    const found = kind === 'env' ? fromEnv(name, source) : fromFile(name, source);
    if (typeof found === 'string') secrets.set(whole, found);
    return found;
  };

  const replace = (text: string, path: Path): string => {
    if (!text.includes('${')) return text;
    const pointer = pointerOf(path);
    return text.replace(REFERENCE, (whole: string, body: string | undefined) => {
      if (body === undefined) return '${';
      const found = look(body, whole);
      references.set(pointer, references.has(pointer) ? text : whole);
      if (typeof found === 'string') return found;
      problems.push({ pointer, ...found });
      return whole;
    });
  };

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return replace(value, path);
    if (Array.isArray(value)) return value.map((entry, at) => walk(entry, [...path, at]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, walk(inner, [...path, key])]),
    );
  };

  return { document: walk(document, []), references, secrets, files, problems };
}

function badReference(body: string, whole: string): Fault {
  const message = `\`${whole}\` is not a reference.`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(body)) {
    return { message, suggestion: `Write \`\${env:${body}}\`; for a literal \`\${\` write \`$\${\`.` };
  }
  return { message, suggestion: 'Write `${env:NAME}` or `${file:path}`; for a literal `${` write `$${`.' };
}

function fromEnv(name: string, source: ReferenceSource): string | Fault {
  const value = Object.hasOwn(source.env, name) ? source.env[name] : undefined;
  if (value !== undefined && value !== '') return value;
  const message = `The environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}.`;
  const nearest = value === undefined ? closest(name, Object.keys(source.env)) : null;
  const hint = nearest === null ? '' : `, or did you mean \`${nearest}\``;
  return { message, suggestion: `Set it before the gateway starts${hint}${hint === '' ? '.' : '?'}` };
}

function fromFile(name: string, source: ReferenceSource): string | Fault {
  const path = resolve(source.baseDir, name);
  const found = readText(path, MAX_FILE_BYTES);
  if (!found.ok) return { message: `The file ${path} cannot be read: ${found.why}.` };
  const text = found.text.replace(/\r?\n$/, '');
  if (text !== '') return text;
  return { message: `The file ${path} is empty.`, suggestion: 'Write the value into it.' };
}
