import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Where a command writes, and how it may look there. */
export interface Terminal {
  /** Whole lines to standard output. */
  out(text: string): void;
  /** Whole lines to standard error. */
  err(text: string): void;
  /** Styles text for standard output; returns it as it is where that is no terminal or NO_COLOR is set. */
  paint(style: Style, text: string): string;
  paintErr(style: Style, text: string): string;
}

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** The terminal of this process. A reader that goes away (`| head`) ends the output, not the process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(withNewline(text)),
    err: (text) => void process.stderr.write(withNewline(text)),
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
    paintErr: (style, text) => styleText(style, text, { stream: process.stderr }),
  };
}

/** Text of others without what could move the cursor or turn the writing direction. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}

/** Lays rows out in columns, two spaces apart, without blanks at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] as number))
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks a text at blanks so that no line is longer than the width, unless a word is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
