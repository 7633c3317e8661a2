/** What stands in front of the body in the text that is signed. */
export type SignedPrefix = (timestamp: string, id: string) => string;

/** How a text is made that a webhook signs. */
export interface SignedText {
  readonly usesTimestamp: boolean;
  readonly usesId: boolean;
  /** What an id must not contain, because the text goes on with it. */
  readonly afterId: string;
  readonly prefix: SignedPrefix;
}

const PLACEHOLDER = /\{([a-z]*)\}/g;
const BODY = '{body}';
const TIMESTAMP = '{timestamp}';
const ID = '{id}';

/** Says in one sentence why a template is not accepted; null when it is. */
export function templateProblem(template: string): string | null {
  const names = [...template.matchAll(PLACEHOLDER)].map(([whole]) => whole);
  if (names.some((name) => ![BODY, TIMESTAMP, ID].includes(name))) {
    return `The placeholders are ${TIMESTAMP}, ${ID} and ${BODY}.`;
  }
  if (!template.endsWith(BODY)) return `The signed text ends with ${BODY}.`;
  if (new Set(names).size < names.length) return 'Each placeholder stands once.';
  if (/[^\x20-\x7e]/.test(template)) return 'The text between the placeholders is plain ASCII.';
  // Without a sign between them, `12` and `3…` would be signed as `1` and `23…` are.
  const parted = /\{(?:timestamp|id)\}(?![^A-Za-z0-9{_-])/.test(template);
  return parted ? `A sign such as \`.\` or \`:\` stands behind ${TIMESTAMP} and ${ID}.` : null;
}

/** Compiles a template that has no problem. */
export function compileTemplate(template: string): SignedText {
  const front = template.slice(0, -BODY.length);
  const at = front.indexOf(ID);
  const usesTimestamp = front.includes(TIMESTAMP);
  const usesId = at >= 0;
  return {
    usesTimestamp,
    usesId,
    afterId: usesId ? (front[at + ID.length] as string) : '',
    prefix: (timestamp, id) => front.replace(TIMESTAMP, timestamp).replace(ID, () => id),
  };
}
