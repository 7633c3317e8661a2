const PREFIX = 'attack-';
/** For rules that do not say what they are about. */
const NO_CATEGORY = 'other';

/**
 * What a rule is about, by its tags: what follows `attack-` in the first that begins so, such as `sqli`.
 *
 * Shape: of a set that the rule files bound, never of what clients send.
 */
export function categoryOf(tags: readonly string[]): string {
  for (const tag of tags)
    if (tag.startsWith(PREFIX) && tag.length > PREFIX.length) return tag.slice(PREFIX.length);
  return NO_CATEGORY;
}

/** Whether a rule belongs to a category: one of its tags is `attack-` and the name, or the name itself. */
export function isInCategory(tags: readonly string[], category: string): boolean {
  return tags.includes(PREFIX + category) || tags.includes(category);
}
