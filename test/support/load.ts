import { openRawClient, type RawClient } from './raw-client.ts';

/** Clients that ask without a pause until they are told to stop. */
export interface Load {
  /** What was not answered with 200 and `ok`, one sentence each. */
  readonly failures: readonly string[];
  readonly answered: number;
  /** Lets the requests under way finish. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** Clients that keep their connection for many requests. */
  readonly keeping: number;
  /** Clients that open a connection for every request. */
  readonly fresh: number;
  /** Further header lines, each with its CRLF. */
  readonly headers?: string;
}

/** Requests on one kept connection: the reader starts from its first byte each time. */
const PER_CONNECTION = 40;

const BODIES = [
  { method: 'GET', rest: '\r\n' },
  { method: 'POST', rest: 'Content-Length: 5\r\n\r\nhello' },
  { method: 'POST', rest: 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' },
  { method: 'PUT', rest: 'Content-Length: 2\r\n\r\nhi' },
] as const;

/** Starts the clients at once. */
export function startLoad(port: number, options: LoadOptions): Load {
  const failures: string[] = [];
  let answered = 0;
  let isStopped = false;

  const ask = async (client: RawClient, count: number, isLast: boolean): Promise<void> => {
    const { method, rest } = BODIES[answered % BODIES.length] as (typeof BODIES)[number];
    const last = isLast ? 'Connection: close\r\n' : '';
    await client.write(`${method} /a HTTP/1.1\r\nHost: x\r\n${options.headers ?? ''}${last}${rest}`);
    const { responses, problem, closed } = await client.read(count, 10_000);
    const answer = responses.at(-1);
    answered++;
    if (responses.length === count && answer?.status === 200 && answer.body.toString() === 'ok') return;
    failures.push(`${method}, request ${count} of its connection: ${answer?.status} ${problem} ${closed}`);
  };

  const run = async (perConnection: number): Promise<void> => {
    while (!isStopped) {
      try {
        const client = await openRawClient(port);
        for (let count = 1; count <= perConnection && !isStopped; count++) {
          await ask(client, count, count === perConnection);
        }
        client.close();
      } catch (error) {
        failures.push(String(error));
      }
    }
  };

  const clients = [
    ...Array.from({ length: options.keeping }, () => run(PER_CONNECTION)),
    ...Array.from({ length: options.fresh }, () => run(1)),
  ];
  return {
    failures,
    get answered() {
      return answered;
    },
    async stop() {
      isStopped = true;
      await Promise.all(clients);
    },
  };
}
