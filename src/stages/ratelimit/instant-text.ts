const SLOTS = 256;
const seconds = new Float64Array(SLOTS).fill(-1);
const texts: InstantText[] = [];

/** A whole second as the answers write it. */
export interface InstantText {
  /** RFC 3339 in UTC, such as `2025-01-20T14:30:00Z`. */
  readonly rfc3339: string;
  /** IMF-fixdate (RFC 9110, 5.6.7), such as `Mon, 20 Jan 2025 14:30:00 GMT`. */
  readonly imf: string;
}

/**
 * Writes a second of the epoch.
 *
 * Cost: the last seconds asked for are remembered, for under attack every refusal names one of a few.
 */
export function instantText(epochS: number): InstantText {
  const slot = epochS % SLOTS;
  if (seconds[slot] === epochS) return texts[slot] as InstantText;
  const date = new Date(epochS * 1000);
  const text = {
    rfc3339: `${date.toISOString().slice(0, 19)}Z`,
    imf: date.toUTCString(),
  };
  seconds[slot] = epochS;
  texts[slot] = text;
  return text;
}
