/** Where in a page a value may come to stand. */
export const HTML_CONTEXTS = ['text', 'unquoted', 'single', 'double', 'backtick'] as const;
export type HtmlContext = (typeof HTML_CONTEXTS)[number];

export type State =
  | 'data'
  | 'end'
  | 'after-tag-name'
  | 'self-closing'
  | 'before-attribute-name'
  | 'after-attribute-name'
  | 'before-attribute-value'
  | 'after-quoted-value'
  | 'single'
  | 'double'
  | 'backtick';

export const START: Readonly<Record<HtmlContext, State>> = {
  text: 'data',
  unquoted: 'before-attribute-name',
  single: 'single',
  double: 'double',
  backtick: 'backtick',
};
export const QUOTES = { single: "'", double: '"', backtick: '`' } as const;

export const GT = 62;
export const SLASH = 47;
export const EQUALS = 61;
export const DASH = 45;
export const BANG = 33;

/** Blanks between attributes; browsers have taken NUL for one. */
export const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0;
export const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;
