import type { ImportedApi } from './openapi-import.ts';
import { printable, type Terminal, table } from './terminal.ts';

/** What `portcullis dev` tells when it has started. */
export interface DevFacts {
  /** Where the gateway listens. */
  readonly url: string;
  /** Null where callers need none. */
  readonly key: string | null;
  readonly upstream: string;
  readonly admin: { readonly url: string; readonly tokenPath: string };
  readonly imported: ImportedApi | null;
}

function endpointLines(
  { title, basePath, endpoints, notes }: ImportedApi,
  isOpen: boolean,
  terminal: Terminal,
): string[] {
  const prefix = basePath === '/' ? '' : basePath;
  const [head = '', ...lines] = table([
    ['METHOD', 'PATH', 'CALLER', 'BODY', 'ENDPOINT'],
    ...endpoints.map(({ method, path, open, hasBody, contentTypes, json, id }) => [
      method,
      prefix + path,
      open || isOpen ? 'anyone' : 'key',
      hasBody ? `${contentTypes.join(', ') || 'any'}${json ? ' (JSON is checked)' : ''}` : '-',
      id,
    ]),
  ]);
  const count = `${endpoints.length} ${endpoints.length === 1 ? 'operation' : 'operations'}`;
  const name = title === '' ? 'the document' : printable(title);
  return [
    `Only what ${name} declares passes: ${count}.`,
    '',
    terminal.paint('bold', head),
    ...lines,
    ...notes.map((note) => terminal.paint('yellow', `Note: ${printable(note)}`)),
    '',
  ];
}

/** What to paste first: a path that takes a GET, without parameters where there is one. */
function samplePath({ imported }: DevFacts): string {
  if (imported === null) return '/';
  const gets = imported.endpoints.filter(({ method }) => method === 'GET');
  const found =
    gets.find(({ path, open }) => !path.includes('{') && !open) ??
    gets.find(({ path }) => !path.includes('{'));
  return (imported.basePath === '/' ? '' : imported.basePath) + (found?.path ?? '/');
}

/** Writes what `portcullis dev` tells when it has started. */
export function devText(facts: DevFacts, terminal: Terminal): string {
  const { url, key, upstream, admin, imported } = facts;
  const lines = imported === null ? [] : endpointLines(imported, key === null, terminal);
  lines.push(`${terminal.paint('bold', url)} guards ${upstream}`);
  if (key !== null)
    lines.push(`API key, shown this once and valid for a day: ${terminal.paint('bold', key)}`);
  const header = key === null ? '' : ` -H 'X-API-Key: ${key}'`;
  lines.push(
    '',
    `  curl -i${header} ${url}${samplePath(facts)}`,
    '',
    `Admin API: ${admin.url}, token in ${admin.tokenPath}`,
    'Why was a request refused? `portcullis explain REQUEST-ID`. Ctrl-C stops.',
  );
  return lines.join('\n');
}
