/** A part of a transcript: the words behind `---`, and the lines below. */
export interface Section {
  readonly head: string;
  readonly text: string;
  /** Line of the head, counted from 1. */
  readonly line: number;
}

/** One request with everything that is expected to come of it. */
export interface TranscriptCase {
  readonly title: string;
  readonly line: number;
  /** How often the request is sent; what is expected is of the last time. */
  readonly times: number;
  readonly request: string;
  /** What the upstream answers; '' is 200 and `ok`. */
  readonly reply: string;
  readonly answer: string;
  readonly upstream: string;
  readonly journal: string;
}

/** A whole file. */
export interface Transcript {
  /** YAML laid over the configuration that all transcripts share. */
  readonly config: string;
  /** YAML bodies by name. */
  readonly keys: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly cases: readonly TranscriptCase[];
}

/** Cuts a text at its `---` lines; what stands before the first of them is a remark. */
function sectionsOf(text: string): Section[] {
  const sections: { head: string; lines: string[]; line: number }[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.startsWith('--- ')) sections.push({ head: line.slice(4).trim(), lines: [], line: at + 1 });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ head, lines, line }) => ({ head, line, text: trimEnd(lines) }));
}

/** Blank lines at the end only separate; two of them keep the empty line that ends a head. */
function trimEnd(lines: readonly string[]): string {
  return lines.join('\n').replace(/\n+$/, '');
}

type Draft = { -readonly [Key in keyof TranscriptCase]: TranscriptCase[Key] };

function fill(draft: Draft | undefined, { head, text, line }: Section): void {
  const repeated = /^request, ([1-9][0-9]*) times$/.exec(head);
  if (draft === undefined) throw new Error(`line ${line}: "${head}" stands before the first case`);
  if (repeated !== null) draft.times = Number(repeated[1]);
  const key = repeated === null ? head : 'request';
  if (key !== 'request' && key !== 'reply' && key !== 'answer' && key !== 'upstream' && key !== 'journal') {
    throw new Error(`line ${line}: there is no section "${head}"`);
  }
  draft[key] = text;
}

/** Reads a transcript; throws for what is not one. */
export function parseTranscript(text: string): Transcript {
  let config = '';
  const keys = new Map<string, string>();
  const tokens = new Map<string, string>();
  const cases: Draft[] = [];
  for (const section of sectionsOf(text)) {
    const [kind = '', ...words] = section.head.split(' ');
    const name = words.join(' ');
    if (section.head === 'config') config = section.text;
    else if (kind === 'key') keys.set(name, section.text);
    else if (kind === 'token') tokens.set(name, section.text);
    else if (kind === 'case') {
      const empty = { request: '', reply: '', answer: '', upstream: '', journal: '' };
      cases.push({ title: name, line: section.line, times: 1, ...empty });
    } else fill(cases.at(-1), section);
  }
  return { config, keys, tokens, cases };
}
