import type { Bytes } from '../seclang/bytes.ts';

/** What alone hardly ever stands in a value that is meant well (`sure`), and what needs company (`likely`). */
export type Certainty = 'likely' | 'sure';

/** What a detector found in a value. */
export interface Finding {
  readonly certainty: Certainty;
  /** The figure that was recognised, in a few words: `union select`. */
  readonly kind: string;
  /** What was recognised, as it stood where it was found: at most 200 bytes. */
  readonly evidence: Bytes;
}

/**
 * Looks for one kind of attack in a value.
 *
 * Cost: linear, and little for a value without the bytes that the attack needs.
 */
export type Detector = (value: Bytes) => Finding | null;

const EVIDENCE_BYTES = 200;

/** A finding whose evidence is a piece of the value. */
export function found(certainty: Certainty, kind: string, value: Bytes, start: number, end: number): Finding {
  const from = Math.max(0, start);
  return { certainty, kind, evidence: value.slice(from, Math.min(end, from + EVIDENCE_BYTES)) };
}

/** The surer of two findings; the first of two that are as sure. */
export function surer(one: Finding | null, other: Finding | null): Finding | null {
  if (one === null || one.certainty === 'sure') return one ?? other;
  return other !== null && other.certainty === 'sure' ? other : one;
}
