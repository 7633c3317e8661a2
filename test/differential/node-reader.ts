import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import type { NodeOutcome, SeenMessage } from './outcome.ts';

/** A message of which Node told us, and what came of its body. */
interface Told {
  readonly message: IncomingMessage;
  readonly parts: Buffer[];
}

/** One in-memory connection and what Node tells of it. */
class Connection {
  readonly stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  readonly told: Told[] = [];
  #error: Error & { code?: string; reason?: string; bytesParsed?: number } = new Error();
  wasEarly = false;

  hear(message: IncomingMessage): void {
    const parts: Buffer[] = [];
    this.told.push({ message, parts });
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('error', (error) => this.fail(error));
  }

  /** Keeps the first error of the parser; that a stream ended in the middle shows in what is complete. */
  fail(error: Error & { code?: string }): void {
    if (error.code?.startsWith('HPE_') && this.#error.code === undefined) this.#error = error;
  }

  get isComplete(): boolean {
    return this.told.at(-1)?.message.complete === true;
  }

  outcome(startOf: (message: IncomingMessage) => string): NodeOutcome {
    const { code = '', reason = '', bytesParsed = -1 } = this.#error;
    const messages = this.told.map(({ message, parts }) => seen(message, parts, startOf));
    this.stream.destroy();
    return { messages, code, reason, stoppedAt: bytesParsed, wasEarly: this.wasEarly };
  }
}

function seen(
  message: IncomingMessage,
  parts: readonly Buffer[],
  startOf: (message: IncomingMessage) => string,
): SeenMessage {
  return {
    start: startOf(message),
    version: message.httpVersion,
    fields: message.rawHeaders,
    body: Buffer.concat(parts).toString('latin1'),
    trailers: message.rawTrailers,
    isComplete: message.complete,
  };
}

const BATCH = 200;

/** Lets streams that were fed pass on what they have. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function inBatches<T>(items: readonly T[], read: (batch: T[]) => Promise<NodeOutcome[]>) {
  const outcomes: NodeOutcome[] = [];
  for (let at = 0; at < items.length; at += BATCH)
    outcomes.push(...(await read(items.slice(at, at + BATCH))));
  return outcomes;
}

const connections = new WeakMap<object, Connection>();
let lazyServer: Server | null = null;

/** A server that is only ever handed connections, and answers nothing. */
function server(): Server {
  if (lazyServer !== null) return lazyServer;
  const strict = createServer({ requireHostHeader: false, insecureHTTPParser: false });
  const hear = (message: IncomingMessage): void => connections.get(message.socket)?.hear(message);
  for (const event of ['request', 'checkContinue', 'checkExpectation']) strict.on(event, hear);
  strict.on('clientError', (error, socket) => connections.get(socket)?.fail(error));
  lazyServer = strict;
  return strict;
}

/** Has the server of `node:http` read streams of requests. */
export function nodeRequests(streams: readonly Buffer[]): Promise<NodeOutcome[]> {
  return inBatches(streams, async (batch) => {
    const opened = batch.map((bytes) => {
      const connection = new Connection();
      connections.set(connection.stream, connection);
      server().emit('connection', connection.stream);
      connection.stream.push(bytes);
      return connection;
    });
    await settle();
    return opened.map((connection) => connection.outcome(({ method, url }) => `${method} ${url}`));
  });
}

/** A stream of answers. */
export interface AnswerStream {
  readonly bytes: Buffer;
  readonly method: string;
  /** Where we say that the final answer ends: what follows is kept back; -1 where we do not. */
  readonly endsAt: number;
  readonly isUntilClose: boolean;
}

function ask(method: string): Connection {
  const connection = new Connection();
  const { stream } = connection;
  const asked = request({ method, createConnection: () => stream, insecureHTTPParser: false });
  asked.on('information', (head) => {
    const { statusCode, httpVersion, rawHeaders } = head;
    // It is not a message to Node, but has all of one that we look at.
    const message = { statusCode, httpVersion, rawHeaders, rawTrailers: [], complete: true };
    connection.told.push({ message: message as unknown as IncomingMessage, parts: [] });
  });
  asked.on('response', (message) => connection.hear(message));
  asked.on('upgrade', (message) => connection.hear(message));
  asked.on('error', (error) => connection.fail(error));
  asked.end();
  return connection;
}

/** Whether Node holds the final answer for complete. */
function hasFinal(connection: Connection): boolean {
  const status = connection.told.at(-1)?.message.statusCode ?? 0;
  return connection.isComplete && (status === 101 || status >= 200);
}

/** Has the client of `node:http` read streams of answers; the last byte of the final one comes by itself. */
export function nodeAnswers(streams: readonly AnswerStream[]): Promise<NodeOutcome[]> {
  return inBatches(streams, async (batch) => {
    const opened = batch.map((answer) => ({ ...answer, connection: ask(answer.method) }));
    for (const { connection, bytes, endsAt, isUntilClose } of opened) {
      const held = endsAt >= 0 && !isUntilClose ? endsAt - 1 : bytes.length;
      if (held > 0) connection.stream.push(bytes.subarray(0, held));
    }
    await settle();
    for (const { connection, bytes, endsAt, isUntilClose } of opened) {
      if (endsAt < 0) connection.stream.push(null);
      else {
        connection.wasEarly = hasFinal(connection);
        connection.stream.push(isUntilClose ? null : bytes.subarray(endsAt - 1, endsAt));
      }
    }
    await settle();
    return opened.map(({ connection }) => connection.outcome(({ statusCode }) => String(statusCode)));
  });
}
