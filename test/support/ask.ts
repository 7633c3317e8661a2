import { exchange } from './raw-client.ts';

/** What a test looks at of an answer. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly body: string;
}

/** Asks for a path on a connection of its own. `headers` are whole lines, each with its CRLF. */
export async function ask(port: number, headers = '', path = '/a', method = 'GET'): Promise<Answer> {
  const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;
  const { responses } = await exchange(port, head, { expect: 1, methods: [method], idleMs: 10_000 });
  return { status: responses[0]?.status ?? 0, body: responses[0]?.body.toString() ?? '' };
}

/** Asks so many times at once that every thread answers; tells how often each status came. */
export async function askAll(port: number, headers = '', times = 24): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  const answers = await Promise.all(Array.from({ length: times }, () => ask(port, headers)));
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
