/** A match as the journal tells it. */
export interface JournalMatch {
  readonly rule: number;
  readonly phase: number;
  readonly variable: string;
  readonly category: string;
  /** File and line of the rule. */
  readonly place: string;
  readonly message: string;
  /** -1 where the rule does not say. */
  readonly severity: number;
  /** '' where it may not be shown. */
  readonly value: string;
  readonly at: number;
  readonly length: number;
  readonly isLogOnly: boolean;
  /** Scores behind the match, by variable of `TX`. */
  readonly scores: Readonly<Record<string, number>>;
}

/** What a journal record says of the WAF. */
export interface JournalWaf {
  readonly view: string;
  readonly inboundScore: number;
  readonly outboundScore: number;
  /** The rule that ended the request; 0 for none. */
  readonly endedBy: number;
  readonly endedKind: string;
  readonly endedPhase: number;
  readonly bypasses: readonly string[];
  readonly wouldBlock: boolean;
  readonly incomplete: string;
  readonly moreMatches: number;
  readonly matches: readonly JournalMatch[];
}

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown, otherwise = 0): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

function scoresOf(value: unknown): Record<string, number> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );
}

function matchOf(value: unknown): JournalMatch {
  const match = objectOf(value);
  return {
    rule: numberOf(match.rule),
    phase: numberOf(match.phase),
    variable: textOf(match.variable),
    category: textOf(match.category),
    place: textOf(match.place),
    message: textOf(match.message),
    severity: numberOf(match.severity, -1),
    value: textOf(match.value),
    at: numberOf(match.at),
    length: numberOf(match.length),
    isLogOnly: match.log_only === true,
    scores: scoresOf(match.scores),
  };
}

/** What a journal record says of the WAF; null where it says nothing. Never throws, whatever the record holds. */
export function journalWaf(record: Json): JournalWaf | null {
  const found = objectOf(record.portcullis).waf;
  if (found === undefined) return null;
  const waf = objectOf(found);
  const ended = objectOf(waf.ended_by);
  const bypasses = textOf(waf.bypasses);
  return {
    view: textOf(waf.view),
    inboundScore: numberOf(waf.inbound_score),
    outboundScore: numberOf(waf.outbound_score),
    endedBy: numberOf(ended.rule),
    endedKind: textOf(ended.kind),
    endedPhase: numberOf(ended.phase),
    bypasses: bypasses === '' ? [] : bypasses.split(' '),
    wouldBlock: waf.would_block === true,
    incomplete: textOf(waf.incomplete),
    moreMatches: numberOf(waf.more_matches),
    matches: Array.isArray(waf.matches) ? waf.matches.map(matchOf) : [],
  };
}
