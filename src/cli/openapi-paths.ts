import { asList, asRecord } from '../config/pointer.ts';
import { canonicalPath } from '../lib/uri/target.ts';
import type { OpenApiObject } from './openapi-reference.ts';

/** A path as the configuration takes it; `note` says what is different, as the end of a sentence. */
export type PathReading =
  | { readonly ok: true; readonly path: string; readonly note: string; readonly isWider: boolean }
  | { readonly ok: false; readonly why: string };

export type BasePath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly why: string };

const TEMPLATE = /^\{([^{}]*)\}$/;
const MAX_NAME = 64;

/** Brings a path template to the form of endpoints: whole segments in braces, everything else canonical. Never throws. */
export function endpointPath(template: string): PathReading {
  if (!template.startsWith('/')) return { ok: false, why: 'a path begins with a slash.' };
  if (template.includes('?') || template.includes('#'))
    return { ok: false, why: 'a path has no query or fragment.' };
  const segments = template.split('/');
  const plain = segments.map((segment) => (segment.includes('{') ? 'x' : segment));
  if (plain.some((segment) => segment.includes('*'))) return { ok: false, why: 'a path has no wildcards.' };
  const canonical = canonicalPath(plain.join('/'))?.split('/');
  if (canonical === undefined || canonical.length !== segments.length || canonical.join().includes('}')) {
    return { ok: false, why: 'no request can have this path.' };
  }
  const notes = new Set<string>();
  let isWider = false;
  const names = segments.map((segment, at) => {
    if (!segment.includes('{')) return canonical[at] as string;
    const whole = TEMPLATE.exec(segment)?.[1];
    isWider ||= whole === undefined;
    if (whole === undefined) notes.add(`takes any segment where it says \`${segment}\`.`);
    else if (/[+*]$/.test(whole)) notes.add(`takes one segment only where it says \`${segment}\`.`);
    return `{${nameOf(whole ?? segment)}}`;
  });
  const path = names.join('/');
  return {
    ok: true,
    path: path.length > 1 ? path.replace(/\/$/, '') : path,
    note: [...notes].join(' It '),
    isWider,
  };
}

function nameOf(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, MAX_NAME - 1);
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}

/** A path as the router tells paths apart: without case and names of parameters. */
export function foldedPath(path: string): string {
  return path.toLowerCase().replace(/\{[^/]*\}/g, '{}');
}

/** The path of the first server, variables replaced by their defaults; `/` where there is none. Never throws. */
export function basePathOf(root: OpenApiObject): BasePath {
  const server = asRecord(asList(root.servers)[0]);
  const url = typeof server?.url === 'string' ? server.url : '/';
  const variables = asRecord(server?.variables) ?? {};
  const filled = url.replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const value = asRecord(variables[name])?.default;
    return typeof value === 'string' ? value : whole;
  });
  // A server may be relative to where the document was found: only its path matters here.
  const path = /^[a-z][a-z0-9+.-]*:\/\//i.test(filled) ? filled.replace(/^[^/]*\/\/[^/?#]*/, '') : filled;
  const plain = (path.split(/[?#]/, 1)[0] as string).replace(/\/+$/, '');
  if (plain === '') return { ok: true, path: '/' };
  const canonical = canonicalPath(plain.startsWith('/') ? plain : `/${plain}`);
  if (canonical === null || /[{}*]/.test(canonical)) {
    return { ok: false, why: `The first server of the document, \`${url}\`, has no path that can be used.` };
  }
  return { ok: true, path: canonical };
}
