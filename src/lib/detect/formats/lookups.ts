import type { Bytes } from '../../seclang/bytes.ts';
import { mayHoldEscapes, withDecoded } from '../decode.ts';
import { type Finding, found, surer } from '../finding.ts';

/** Lookups that logging libraries resolve in what they log, also where they are put together from others. */
export function findLookup(value: Bytes): Finding | null {
  if (!value.includes('$') && !mayHoldEscapes(value)) return null;
  return withDecoded(value, findInText);
}

/** Kinds of lookups that tell something or reach out. */
const KINDS = /^(?:jndi|ldaps?|rmi|dns|nis|iiop|corba|nds):|^\w{0,8}jndi/;
const TELLING =
  /^(?:env|sys|java|ctx|main|k8s|docker|spring|bundle|web|log4j|sd|map|marker|event|script|url|dns|const|file|xml|properties|base64(?:encoder|decoder)|urlencoder|urldecoder|lower|upper|date):/;

const MOST_NESTED = 64;

function findInText(text: Bytes): Finding | null {
  if (!/\$\s{0,2}\{|\$\$?\{|\$\\?%?\{/.test(text)) return null;
  const script = /\$\{\s{0,4}(?:jndi|script|url|dns)\s{0,4}:/i.exec(text);
  if (script !== null) return found('sure', 'lookup', text, script.index, script.index + 120);
  return findNested(text);
}

/** Resolves lookups from the innermost outwards, as far as their results are constants. One pass, a stack of what is open. */
function findNested(text: Bytes): Finding | null {
  const open: string[] = [];
  let current = '';
  let finding: Finding | null = null;
  let first = -1;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '{' && open.length < MOST_NESTED) {
      if (first < 0) first = at;
      open.push(current);
      current = '';
      at++;
    } else if (text[at] === '}' && open.length > 0) {
      finding = surer(finding, judgeLookup(current, open.length, text, first));
      if (finding?.certainty === 'sure') return finding;
      current = (open.pop() as string) + resolve(current);
      if (open.length === 0) current = '';
    } else if (open.length > 0 && current.length < 400) current += text[at];
  }
  while (open.length > 0) {
    finding = surer(finding, judgeLookup(current, open.length, text, first));
    current = (open.pop() as string) + current;
  }
  return finding;
}

function judgeLookup(body: Bytes, depth: number, text: Bytes, first: number): Finding | null {
  const name = body.trim().toLowerCase();
  if (KINDS.test(name)) return found('sure', 'lookup', text, first, text.length);
  if (/^:{1,2}-./.test(name) || /^(?:lower|upper):.$/.test(name) || (depth > 1 && TELLING.test(name))) {
    return found('sure', 'nested lookups', text, first, text.length);
  }
  if (/^(?:env|sys|java|k8s|docker|ctx|main|base64\w{0,8}|script|file):[\w./:-]{1,80}/.test(name)) {
    return found(
      /^(?:env|sys|java|base64\w{0,8}|script):/.test(name) ? 'sure' : 'likely',
      'lookup',
      text,
      first,
      text.length,
    );
  }
  return null;
}

/** What a lookup becomes: what it changes the case of, or what it falls back to. */
function resolve(body: Bytes): Bytes {
  const changed = /^(?:lower|upper):(.*)$/is.exec(body);
  if (changed !== null) return changed[1] as string;
  const fallback = body.lastIndexOf(':-');
  return fallback >= 0 ? body.slice(fallback + 2) : '';
}
