/** A match as it was recorded: values are masked, so it cannot be made again from them. */
export interface RecordedMatch {
  readonly rule: number;
  readonly variable: string;
  /** Scores behind the match, by variable of `TX`. */
  readonly scores: Readonly<Record<string, number>>;
  readonly isLogOnly: boolean;
}

export interface RecordedEvent {
  readonly matches: readonly RecordedMatch[];
  /** Sum that was compared with the threshold. */
  readonly score: number;
}

/** What would have come of a recorded request without some of its matches. */
export interface Recomputed {
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  /** Matches that stay. */
  readonly left: readonly RecordedMatch[];
}

const COUNTED = /anomaly_score/;

/** What each match added to the sums that are compared with a threshold. */
function addedBy(matches: readonly RecordedMatch[]): number[] {
  const before = new Map<string, number>();
  return matches.map(({ scores }) => {
    let most = 0;
    for (const [name, value] of Object.entries(scores)) {
      const key = name.toLowerCase();
      if (COUNTED.test(key)) most = Math.max(most, value - (before.get(key) ?? 0));
      before.set(key, value);
    }
    return most;
  });
}

/** Adds a recorded request up again without the matches that are taken out. */
export function recompute(
  { matches, score }: RecordedEvent,
  isTaken: (match: RecordedMatch) => boolean,
): Recomputed {
  const added = addedBy(matches);
  const taken = matches.reduce((sum, match, at) => sum + (isTaken(match) ? (added[at] as number) : 0), 0);
  return {
    scoreBefore: score,
    scoreAfter: Math.max(0, score - taken),
    left: matches.filter((match) => !isTaken(match)),
  };
}
