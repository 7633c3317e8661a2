import { isToken } from './fields.ts';

/** The types an entry of `validate.contentTypes` stands for: those between a beginning and an end. */
export interface MediaRange {
  readonly start: string;
  readonly end: string;
  /** Whether anything stands between the two. */
  readonly isOpen: boolean;
}

/** Reads `type/subtype`, `type/*+suffix`, `type/*` or `*` + `/*`; null for anything else. */
export function parseMediaRange(text: string): MediaRange | null {
  const lower = text.toLowerCase();
  if (lower === '*/*') return { start: '', end: '', isOpen: true };
  const slash = lower.indexOf('/');
  const type = lower.slice(0, Math.max(slash, 0));
  const subtype = lower.slice(slash + 1);
  if (!isToken(type) || type.includes('*') || !isToken(subtype)) return null;
  if (!subtype.includes('*')) return { start: lower, end: '', isOpen: false };
  if (!/^\*(?:\+[^*+]+)?$/.test(subtype)) return null;
  return { start: `${type}/`, end: subtype.slice(1), isOpen: true };
}

/** Whether a lower-case type without parameters is in the range. */
export function isInRange(range: MediaRange, type: string): boolean {
  if (!range.isOpen) return type === range.start;
  return (
    type.length > range.start.length + range.end.length &&
    type.startsWith(range.start) &&
    type.endsWith(range.end)
  );
}

/** Says in one sentence why an entry is not taken; null when it is. */
export function mediaRangeProblem(text: string): string | null {
  if (parseMediaRange(text) !== null) return null;
  const quoted = JSON.stringify(text);
  const bare = text.split(';', 1)[0]?.trim() ?? '';
  if (text.includes(';') && parseMediaRange(bare) !== null)
    return `${quoted} has parameters; write "${bare}".`;
  return `${quoted} is not a media type; write one such as "application/json", "application/*+json" or "image/*".`;
}
