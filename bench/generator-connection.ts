import { connect, type Socket } from 'node:net';

/** The request that every connection sends, and what answers it. */
export interface Exchange {
  readonly request: Buffer;
  /** Length of the body that every answer has. */
  readonly answerBytes: number;
}

const HEAD_END = '\r\n\r\n';
const READ_BYTES = 16_384;

/** A keep-alive connection of the load generator with at most one request under way. */
export class GeneratorConnection {
  /** When the request under way ought to have been sent. */
  dueMs = 0;
  onAnswer: (connection: GeneratorConnection) => void = () => {};
  readonly #exchange: Exchange;
  readonly #fail: (sentence: string) => void;
  readonly #socket: Socket;
  /** The beginning of an answer that comes in parts. */
  #part: Buffer | null = null;

  /** Connects to a port on loopback; `fail` is told what goes wrong with the connection or an answer. */
  static open(
    port: number,
    exchange: Exchange,
    fail: (sentence: string) => void,
  ): Promise<GeneratorConnection> {
    return new Promise((resolve) => {
      const connection = new GeneratorConnection(port, exchange, fail);
      connection.#socket.once('connect', () => resolve(connection));
    });
  }

  private constructor(port: number, exchange: Exchange, fail: (sentence: string) => void) {
    this.#exchange = exchange;
    this.#fail = fail;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      this.#receive((buffer as Buffer).subarray(0, length));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.once('error', (error) => fail(error.message));
    this.#socket.once('end', () => fail('a connection was closed'));
  }

  send(dueMs: number): void {
    this.dueMs = dueMs;
    this.#socket.write(this.#exchange.request);
  }

  close(): void {
    this.#socket.removeAllListeners('end').destroy();
  }

  #receive(bytes: Buffer): void {
    const answer = this.#part === null ? bytes : Buffer.concat([this.#part, bytes]);
    const headEnd = answer.indexOf(HEAD_END, 0, 'latin1');
    const wholeBytes = headEnd + HEAD_END.length + this.#exchange.answerBytes;
    if (headEnd === -1 || answer.length < wholeBytes) {
      // A copy, because the next read overwrites the buffer.
      this.#part = Buffer.from(answer);
      return;
    }
    this.#part = null;
    // "HTTP/1.1 200": the digits tell.
    const isGood = answer[9] === 0x32 && answer[10] === 0x30 && answer[11] === 0x30;
    if (answer.length > wholeBytes || !isGood) {
      this.#fail(`an answer is not as expected: ${answer.toString('latin1', 0, 200)}`);
    }
    this.onAnswer(this);
  }
}
