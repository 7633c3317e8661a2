import type { Socket } from 'node:net';
import { DirectSocket, giveBack, isShared, keepBytes } from './direct-socket.ts';
import { flushLater } from './flush-later.ts';

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

/** Bytes as text whose characters are bytes. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

const ROOM_BYTES = 32 * 1024;
/**
 * Where texts become bytes on their way out of this thread.
 *
 * Cost: a text of many pieces is read from where its pieces lie; given to the socket as it is, it would be made one first.
 */
let room = Buffer.allocUnsafeSlow(ROOM_BYTES);
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
  /** What is written at the end of this turn, and whether it is the end of a message. */
  #text = '';
  #isWaiting = false;
  #isFinishing = false;
  #isClosed = false;
  /** Safety: what was written on a connection that is cut has not left, though the writing is over. */
  readonly #tellFlushed = (error?: Error | null): void => {
    if (!error && !this.socket.destroyed) this.sink.onFlushed();
  };

  constructor(socket: Socket) {
    this.socket = socket;
    this.#isDirect = socket instanceof DirectSocket;
    const take = (bytes: Buffer): void => this.#take(bytes);
    if (socket instanceof DirectSocket) socket.receiver = take;
    else socket.on('data', take);
    socket.on('end', () => this.sink.onEnd());
    socket.on('drain', () => this.sink.onDrain());
    // TLS tells of a refused certificate only after the handshake, and the end that follows would hide it.
    socket.on('error', (error) => this.#close(error));
    socket.once('close', () => this.#close(null));
  }

  /** Safety: where taking bytes throws, nobody knows what of them was taken: nothing more of the connection is. */
  #take(bytes: Buffer): void {
    try {
      this.sink.onBytes(bytes);
    } catch (error) {
      this.socket.destroy();
      throw error;
    }
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

  /** Whether the other end has taken enough of what was written before; where not, `onDrain` follows. */
  get hasRoom(): boolean {
    return !this.socket.writableNeedDrain;
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

  /** Writes text whose characters are bytes, at the end of this turn; false asks to wait for `onDrain`. */
  writeText(text: string): boolean {
    this.#text += text;
    if (this.#text.length > TEXT_BYTES) return this.flush();
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      flushLater(this);
    }
    return this.hasRoom;
  }

  /** Writes bytes, which may be overwritten afterwards; false asks to wait for `onDrain`. */
  write(bytes: Uint8Array): boolean {
    return this.writeBetween('', bytes, '');
  }

  /** Writes bytes between two texts in one go. */
  writeBetween(before: string, bytes: Uint8Array, after: string): boolean {
    const text = this.#text + before;
    this.#text = '';
    if (isShared(bytes)) return this.#writeAll(text, Buffer.from(bytes), after, undefined);
    keepBytes(bytes);
    return this.#writeAll(text, bytes, after, () => giveBack(bytes));
  }

  #writeAll(before: string, bytes: Uint8Array, after: string, onWritten: (() => void) | undefined): boolean {
    const { socket } = this;
    if (before === '' && after === '') {
      socket.write(bytes, onWritten);
    } else {
      socket.cork();
      if (before !== '') socket.write(before, 'latin1');
      socket.write(bytes, onWritten);
      if (after !== '') socket.write(after, 'latin1');
      socket.uncork();
    }
    return this.hasRoom;
  }

  /** Writes the last text of a message; `onFlushed` follows. */
  finish(text: string): void {
    this.#isFinishing = true;
    this.writeText(text);
  }

  /** Gives what waits to the system; false asks to wait for `onDrain`. */
  flush(): boolean {
    const { socket } = this;
    const text = this.#text;
    this.#text = '';
    this.#isWaiting = false;
    if (!this.#isFinishing) return text === '' || this.#writeNow(text);
    this.#isFinishing = false;
    // A TLS socket never has it done at once.
    if (!this.#isDirect) return socket.write(text, 'latin1', this.#tellFlushed);
    const hasRoom = text === '' || this.#writeNow(text);
    if (socket.destroyed) return hasRoom;
    if (socket.writableLength === 0) this.sink.onFlushed();
    else socket.write(NOTHING, this.#tellFlushed);
    return hasRoom;
  }

  #writeNow(text: string): boolean {
    const { socket } = this;
    if (!this.#isDirect || text.length > room.length) return socket.write(text, 'latin1');
    const hasRoom = socket.write(room.subarray(0, room.write(text, 0, 'latin1')));
    // What the system has not taken yet is read from there later.
    if (socket.writableLength > 0) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
    return hasRoom;
  }

  /** Sends no more. */
  end(): void {
    if (this.#isWaiting) this.flush();
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
