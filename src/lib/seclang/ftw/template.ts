/** Longest text that a template may give. */
const MOST = 16 * 1024 * 1024;

const TEMPLATE = /\{\{-?\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`}])*?)\s*-?\}\}/gs;
const TEXT = /^(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)$/s;

/**
 * Fills in what stands in double braces: a text in quotes, `repeat N`, and pipes between.
 *
 * Shape: braces with anything else in them stay as they are.
 */
export function fillTemplate(text: string): string {
  if (!text.includes('{{')) return text;
  return text.replace(TEMPLATE, (whole: string, inside: string) => evaluate(inside) ?? whole);
}

function evaluate(pipeline: string): string | null {
  const [head, ...steps] = splitPipes(pipeline);
  let value = textGiven((head ?? '').trim());
  for (const step of steps) {
    const count = /^repeat\s+(\d{1,9})$/.exec(step.trim());
    value = value === null || count === null ? null : repeat(value, Number(count[1]));
  }
  return value;
}

/** Cuts at `|` outside of quotes. */
function splitPipes(pipeline: string): string[] {
  return pipeline.match(/(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^|"`])+/gs) ?? [];
}

function textGiven(word: string): string | null {
  const call = /^(?:repeat|print)\s+(?:(\d{1,9})\s+)?([\s\S]+)$/.exec(word);
  if (call !== null) {
    const text = textOf(call[2] as string);
    return text === null ? null : repeat(text, Number(call[1] ?? '1'));
  }
  return textOf(word);
}

function textOf(word: string): string | null {
  const found = TEXT.exec(word);
  if (found === null) return null;
  return found[2] ?? unescapeText(found[1] as string);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/gs,
    (whole: string, hex?: string, code?: string, char?: string) =>
      char === undefined
        ? String.fromCharCode(Number.parseInt((hex ?? code) as string, 16))
        : (ESCAPES[char] ?? whole),
  );
}

function repeat(text: string, count: number): string | null {
  return text.length * count > MOST ? null : text.repeat(count);
}
