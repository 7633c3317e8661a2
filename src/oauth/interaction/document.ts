import { html, Markup } from './html.ts';
import { STYLE } from './style.ts';

const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  readonly body: Markup;
  /** Below the card: whose server this is. */
  readonly place: string;
}

/** A whole document: one card, our style, no script and nothing from elsewhere. */
export function documentOf({ title, body, place }: PageParts): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
${STYLE_ELEMENT}
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>${place}</footer>
</body>
</html>
`;
  return document.text;
}

/** The sentence about what went wrong, read out when the page appears; nothing for ''. */
export function problemOf(sentence: string): Markup | false {
  return sentence !== '' && html`<p class="problem" role="alert" id="problem">${sentence}</p>`;
}

/** A hidden field. */
export function hidden(name: string, value: string): Markup {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}
