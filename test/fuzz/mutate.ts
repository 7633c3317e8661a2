/** Bytes that mean something to one reader of HTTP or another. */
const SPECIAL = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    '\x0b',
    '\x0c',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '/',
    '%',
    '#',
    '?',
    '_',
    '-',
  ],
  ...['\x7f', '\x80', '\xff', '\r\n ', '\r\n\r\n', '%00', '%2f', '..', '0', '1', 'chunked', 'Host: x\r\n'],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 3\r\n',
    'Connection: close\r\n',
    'Upgrade: websocket\r\n',
  ],
  ...['Expect: 100-continue\r\n', 'HTTP/1.1', '0\r\n\r\n', 'GET / HTTP/1.1\r\n'],
];

/** A reproducible source of choices. */
export class Chooser {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  from<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }
}

export type Mutation = (text: string, choose: Chooser) => string;

/** Changes the lines of a message; `at` is one of them. */
export function onLines(change: (lines: string[], at: number, choose: Chooser) => void): Mutation {
  return (text, choose) => {
    const lines = text.split('\r\n');
    change(lines, choose.below(lines.length), choose);
    return lines.join('\r\n');
  };
}

/** Changes of single bytes: a bit flipped, one of `special` put in or in place, some cut out. */
export function byteMutations(special: readonly string[]): readonly Mutation[] {
  return [
    (text, choose) => {
      const at = choose.below(text.length);
      const flipped = text.charCodeAt(at) ^ (1 << choose.below(8));
      return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
    },
    (text, choose) => {
      const at = choose.below(text.length + 1);
      return text.slice(0, at) + choose.from(special) + text.slice(at);
    },
    (text, choose) => {
      const at = choose.below(text.length);
      return text.slice(0, at) + choose.from(special) + text.slice(at + 1);
    },
    (text, choose) => {
      const at = choose.below(text.length);
      return text.slice(0, at) + text.slice(at + 1 + choose.below(3));
    },
  ];
}

/** Doubles a line, leaves one out, lets two change places. */
export const LINE_MUTATIONS: readonly Mutation[] = [
  onLines((lines, at) => void lines.splice(at, 0, lines[at] as string)),
  onLines((lines, at) => void lines.splice(at, 1)),
  onLines((lines, at, choose) => {
    const other = choose.below(lines.length);
    [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
  }),
];

const MUTATIONS: readonly Mutation[] = [
  ...byteMutations(SPECIAL),
  (text, choose) => {
    const at = choose.below(text.length);
    const end = at + choose.below(20);
    return text.slice(0, end) + text.slice(at);
  },
  ...LINE_MUTATIONS,
  onLines((lines, at, choose) => {
    lines[at] = choose.chance(0.5) ? (lines[at] as string).toUpperCase() : ` ${lines[at]}`;
  }),
];

/** Changes a request in up to three places; one in four stays as it is. */
export function mutate(text: string, choose: Chooser): string {
  let mutated = text;
  for (let count = choose.below(4); count > 0 && mutated.length > 1; count--) {
    mutated = choose.from(MUTATIONS)(mutated, choose);
  }
  return mutated;
}
