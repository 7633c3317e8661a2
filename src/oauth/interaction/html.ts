const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that turn the writing direction or cannot be seen: a name with them can look like another. */
const DECEIVING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Markup that is finished; made by `html` only. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Part[] | false | null;

/** Escapes text for HTML content and for attribute values in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(DECEIVING, '\ufffd').replace(/[&<>"'`]/g, (char) => ENTITIES[char] as string);
}

function textOf(part: Part): string {
  if (part === false || part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  return typeof part === 'number' ? String(part) : part.map(textOf).join('');
}

/**
 * Makes markup of a template.
 *
 * Safety: whatever is put into it is escaped, unless it is markup itself; attribute values stand in double quotes.
 */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = template[0] as string;
  parts.forEach((part, at) => {
    text += textOf(part) + template[at + 1];
  });
  return new Markup(text);
}
