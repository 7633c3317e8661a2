import { type Decision, deny } from '../../core/decision.ts';
import type { FieldLines } from '../../lib/http/field-lines.ts';

const FIRST = 500;
const LAST = 599;
const PROBLEM = 'application/problem+json';

/** One refusal per status, which the client keeps. */
const REPLACEMENTS: readonly Decision[] = Array.from({ length: LAST - FIRST + 1 }, (_, at) =>
  deny('response.verbose-error', { status: FIRST + at, detail: `the upstream answered ${FIRST + at}` }),
);
const OUT_OF_RANGE = deny('response.verbose-error', {
  status: 502,
  detail: 'the upstream answered a status above 599',
});

/** The refusal that takes the place of an upstream's error; null where its body may pass. */
export function replacementFor(status: number, headers: FieldLines): Decision | null {
  if (status < FIRST || isProblemDocument(headers)) return null;
  return REPLACEMENTS[status - FIRST] ?? OUT_OF_RANGE;
}

/** Whether the answer is declared to be a problem document (RFC 9457), which is written for clients. */
function isProblemDocument(headers: FieldLines): boolean {
  if (headers.count('content-type') !== 1) return false;
  const type = (headers.get('content-type') as string).toLowerCase();
  return type.startsWith(PROBLEM) && /^[ \t]*(?:;|$)/.test(type.slice(PROBLEM.length));
}
