import { readdirSync, readFileSync } from 'node:fs';
import type { RequestParts } from '../support/rule-engine.ts';

/** An example above a rule: a request that it must match, or must not. */
export interface RuleExample {
  readonly ruleId: number;
  readonly isMatch: boolean;
  readonly text: string;
  readonly parts: RequestParts;
}

const EXAMPLE = /^# (match|pass): (.*)$/;
const START = /^(\S+) (\S+)(?: -> (\d{3}) (\S+))?$/;
const HEADER = /^([\w-]+): ?(.*)$/;

/**
 * The examples of a rule file: comments right above the rule that they are for.
 *
 * Shape: `# match: POST /path?a=b | Name: value | body` or, for answers, `# pass: GET /path -> 200 text/html | body`. Parts are
 * separated by ` | `. `multipart | file=NAME:CONTENT:TYPE` stands for a form with one file, in which `\x00` is a byte and a last
 * `{100}` repeats the byte before it.
 */
export function readExamples(folder: URL): RuleExample[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.conf'))
    .flatMap((file) => examplesOf(readFileSync(new URL(file, folder), 'latin1')));
}

function examplesOf(text: string): RuleExample[] {
  const examples: RuleExample[] = [];
  let waiting: { readonly isMatch: boolean; readonly text: string }[] = [];
  for (const line of text.split('\n')) {
    const example = EXAMPLE.exec(line);
    const id = /^\s+"id:(\d+),/.exec(line);
    if (example !== null) waiting.push({ isMatch: example[1] === 'match', text: example[2] as string });
    if (id === null) continue;
    for (const each of waiting)
      examples.push({ ...each, ruleId: Number(id[1]), parts: parseExample(each.text) });
    waiting = [];
  }
  return examples;
}

function parseExample(text: string): RequestParts {
  const [first, ...rest] = text.split(' | ');
  const start = START.exec(first as string);
  if (start === null) throw new Error(`No example: ${text}`);
  const [, method, target, status, type] = start as unknown as [string, string, string, string?, string?];
  if (type !== undefined) {
    const response = {
      status: Number(status),
      headers: [['Content-Type', type]] as const,
      body: rest.join(' | '),
    };
    return { method, target, headers: [['Host', 'api.example.com']], response };
  }
  return rest[0] === 'multipart'
    ? formOf(method, target, rest[1] as string)
    : requestOf(method, target, rest);
}

function requestOf(method: string, target: string, rest: readonly string[]): RequestParts {
  const headers: [string, string][] = [];
  const hasBody = method === 'POST';
  const count = hasBody ? rest.length - 1 : rest.length;
  for (const part of rest.slice(0, count)) {
    const header = HEADER.exec(part);
    if (header === null) throw new Error(`No header: ${part}`);
    headers.push([header[1] as string, header[2] as string]);
  }
  if (!headers.some(([name]) => name === 'Host')) headers.unshift(['Host', 'api.example.com']);
  const written = rest[count];
  if (written === undefined) return { method, target, headers };
  // Bytes that no text begins with; other escapes are those of the body itself.
  const body = written.replace(/\\x(?:00|fe|ff)/g, unescaped);
  return { method, target, headers: [...headers, ['Content-Length', String(body.length)]], body };
}

function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function formOf(method: string, target: string, file: string): RequestParts {
  const [, name, written, type] = /^file=([^:]*):([^:]*)(?::(.*))?$/.exec(file) as unknown as string[];
  const content = unescaped(written as string).replace(
    /([\0-\xff])\{(\d+)\}$/,
    (_, byte: string, times: string) => byte.repeat(Number(times)),
  );
  const disposition = `Content-Disposition: form-data; name="f"; filename="${name}"`;
  const body = `--b\r\n${disposition}\r\nContent-Type: ${unescaped(type ?? 'application/octet-stream')}\r\n\r\n${content}\r\n--b--\r\n`;
  const headers = [
    ['Host', 'api.example.com'],
    ['Content-Type', 'multipart/form-data; boundary=b'],
    ['Content-Length', String(body.length)],
  ] as const;
  return { method, target, headers, body };
}
