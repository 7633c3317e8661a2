const MAX_TEXT = 512;
/** Code units that are not ASCII. */
const FOREIGN = /[\x7f-\uffff]/;
const FOREIGN_ALL = /[\x7f-\uffff]/g;

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Writes text as JSON of ASCII only, which is what the journal takes. */
export function text(value: string): string {
  const json = JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  return FOREIGN.test(json) ? json.replaceAll(FOREIGN_ALL, escaped) : json;
}
