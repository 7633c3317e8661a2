import { journalFacts } from '../core/journal-record.ts';
import type { JournalMatch, JournalWaf } from '../core/waf-journal.ts';
import { journalWaf } from '../core/waf-journal.ts';
import { Problem } from './operation.ts';
import { explainRequest } from './request-operations.ts';
import type { ControlServices } from './services.ts';

/** What the journal tells of a request that rules matched. */
export interface MatchedRequest {
  readonly atMs: number;
  readonly path: string;
  readonly routeId: string;
  readonly method: string;
  readonly waf: JournalWaf;
  /** Matches of rules that found something in the request itself. */
  readonly found: readonly JournalMatch[];
  /** Whether it was blocked by rules, or would have been. */
  readonly wasBlocked: boolean;
}

/** Whether a match only says that a score was reached. */
export function isVerdict({
  variable,
  scores,
  isLogOnly,
}: Pick<JournalMatch, 'variable' | 'scores' | 'isLogOnly'>): boolean {
  return Object.keys(scores).length === 0 && !isLogOnly && (variable === '' || /^TX(?::|$)/.test(variable));
}

/** Finds a request that rules matched, in the database or in the journal. */
export async function findMatched(services: ControlServices, id: string): Promise<MatchedRequest | Problem> {
  const explained = await explainRequest(services, id);
  if (explained instanceof Problem) return explained;
  const { record } = explained;
  const waf = journalWaf(record);
  const found = waf?.matches.filter((match) => !isVerdict(match)) ?? [];
  if (waf === null || found.length === 0)
    return new Problem(
      409,
      'no_match',
      `No rule matched the request ${id}: there is nothing to confirm or to tune.`,
    );
  const { at, path, routeId, method, effect, stage } = journalFacts(record);
  const wasBlocked = (effect === 'deny' && stage === 'waf') || waf.endedBy !== 0 || waf.wouldBlock;
  return { atMs: Date.parse(at), path, routeId, method, waf, found, wasBlocked };
}
