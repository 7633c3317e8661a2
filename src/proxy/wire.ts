import type { Socket } from 'node:net';
import { DirectSocket } from './direct-socket.ts';

/** Takes what comes out of a connection. */
export interface WireSink {
  /** Safety: the bytes are valid during the call only. */
  onBytes(bytes: Buffer): void;
  /** The other end sends no more. */
  onEnd(): void;
  /** There is room again, after a write that returned false. */
  onDrain(): void;
  /** The system has taken over all that was written up to `finish`. */
  onFlushed(): void;
  /** Called once; `error` is null after an orderly end. */
  onClose(error: Error | null): void;
}

/** Longest piece of bytes that is written as text: it leaves with what is written before it in one go. */
export const TEXT_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);
const NOBODY: WireSink = { onBytes() {}, onEnd() {}, onDrain() {}, onFlushed() {}, onClose() {} };

/**
 * Bytes in and out of one TCP or TLS connection.
 *
 * Everything of HTTP/1 reads and writes through it; what is received belongs to it, what is given to `write` is copied
 * where it does not leave at once.
 */
export class Wire {
  readonly socket: Socket;
  sink: WireSink = NOBODY;
  readonly #isDirect: boolean;
  #isPaused = false;
  #isClosed = false;
  readonly #tellFlushed = (): void => this.sink.onFlushed();

  constructor(socket: Socket) {
    this.socket = socket;
    this.#isDirect = socket instanceof DirectSocket;
    const take = (bytes: Buffer): void => this.sink.onBytes(bytes);
    if (socket instanceof DirectSocket) socket.receiver = take;
    else socket.on('data', take);
    socket.on('end', () => this.sink.onEnd());
    socket.on('drain', () => this.sink.onDrain());
    // TLS tells of a refused certificate only after the handshake, and the end that follows would hide it.
    socket.on('error', (error) => this.#close(error));
    socket.once('close', () => this.#close(null));
  }

  #close(error: Error | null): void {
    this.socket.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.sink.onClose(error);
  }

  /** Whether bytes wait for the other end to take them. */
  get isBlocked(): boolean {
    return this.socket.writableLength > 0;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Reads no further. What was read already still comes. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  /** Writes text whose characters are bytes; false asks to wait for `onDrain`. */
  writeText(text: string): boolean {
    return this.socket.write(text, 'latin1');
  }

  /** Writes bytes, which may be overwritten afterwards; false asks to wait for `onDrain`. */
  write(bytes: Uint8Array): boolean {
    return this.socket.write(Buffer.from(bytes));
  }

  /** Writes bytes between two texts in one go. */
  writeBetween(before: string, bytes: Uint8Array, after: string): boolean {
    const { socket } = this;
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let hasRoom = socket.write(Buffer.from(bytes));
    if (after !== '') hasRoom = socket.write(after, 'latin1');
    socket.uncork();
    return hasRoom;
  }

  /** Writes the last text of a message; `onFlushed` follows, possibly before this returns. */
  finish(text: string): void {
    const { socket } = this;
    // A TLS socket never has it done at once.
    if (!this.#isDirect) return void socket.write(text, 'latin1', this.#tellFlushed);
    if (text !== '') socket.write(text, 'latin1');
    if (socket.writableLength === 0) this.sink.onFlushed();
    else socket.write(NOTHING, this.#tellFlushed);
  }

  /** Sends no more. */
  end(): void {
    this.socket.end();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Cuts the connection so that the other end cannot take that for an orderly end. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
