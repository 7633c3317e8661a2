import { Socket } from 'node:net';

/** Short reads of every direct socket of this thread pass through here. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
/** A read of so many bytes is part of something large. */
const LARGE_READ_BYTES = 48 * 1024;
const BULK_BYTES = 512 * 1024;
const MOST_SPARE = 8;

/** Bulk buffers that nobody uses now. */
const spare: Buffer[] = [];
/** How many use the memory of a bulk buffer: the socket that reads into it, and each write of bytes of it. */
const users = new WeakMap<ArrayBufferLike, number>();

function takeBulk(): Buffer {
  const bulk = spare.pop() ?? Buffer.allocUnsafeSlow(BULK_BYTES);
  users.set(bulk.buffer, 1);
  return bulk;
}

/** Whether other bytes may take the place of these when the call that brought them is over. */
export function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer === SHARED.buffer;
}

/**
 * Lets nothing overwrite bytes that are not shared, until they are given back: somebody has yet to write them.
 *
 * Safety: only of bulk buffers; whatever else holds bytes is its owner's, and never one of the buffers for reading.
 */
export function keepBytes({ buffer }: Uint8Array): void {
  const count = users.get(buffer);
  if (count !== undefined) users.set(buffer, count + 1);
}

/** One user less. Safety: a buffer is free when its last user gives it back, and so becomes free once. */
export function giveBack({ buffer }: Uint8Array): void {
  const count = users.get(buffer);
  if (count === undefined) return;
  users.set(buffer, count - 1);
  if (count === 1 && spare.length < MOST_SPARE) spare.push(Buffer.from(buffer as ArrayBuffer));
}

/** The socket that was given another buffer last, until the next read: Node may not have taken it. */
let exchanging: DirectSocket | null = null;

/**
 * Cuts the connection that may read into the wrong buffer after an exception that nothing caught; to be called for each.
 *
 * Safety: Node takes another buffer from the callback of a read only if the ticks that follow end without an exception.
 * Otherwise it reads on into the old one, and what the new one holds of other connections would pass for what was read.
 * At worst this cuts one connection for which all is well.
 */
export function cutUncertainRead(): void {
  exchanging?.destroy();
  exchanging = null;
}

/** What this needs of the handle of an accepted connection. */
interface Handle {
  useUserBuffer?(buffer: Buffer): void;
}

/**
 * A socket that is read without a stream in between: into one buffer of the thread or, while something large comes, into
 * one that it has for itself.
 *
 * Cost: measured beside a `data` listener, a fifth of the CPU time of a bare relay.
 * Safety: the bytes are valid during the call of `receiver` only. Whoever keeps some copies them or, unless they are
 * shared, keeps them by `keepBytes`, see wire.ts.
 */
export class DirectSocket extends Socket {
  receiver: ((bytes: Buffer) => void) | null = null;
  #into: Buffer = SHARED;
  #hasRead = false;
  #isLarge = false;

  constructor(handle?: object) {
    const own: { socket: DirectSocket | null } = { socket: null };
    const onread = {
      // Called for every handle before its first read, and then after every one; undefined leaves the buffer as it is.
      buffer: () => (own.socket === null ? SHARED : own.socket.#next()),
      callback: (count: number): boolean => own.socket === null || own.socket.#take(count),
    };
    super({ handle, allowHalfOpen: true, onread } as object);
    own.socket = this;
    this.once('close', () => this.#release());
  }

  #take(count: number): boolean {
    exchanging = null;
    const bytes = this.#into.subarray(0, count);
    this.#hasRead = true;
    this.#isLarge = count >= LARGE_READ_BYTES;
    this.receiver?.(bytes);
    return true;
  }

  /** The buffer for the next read, where it is another one. */
  #next(): Buffer | undefined {
    if (!this.#hasRead) return this.#into;
    const hasOwn = this.#into !== SHARED;
    const isBeingWritten = hasOwn && (users.get(this.#into.buffer) ?? 0) > 1;
    if (hasOwn === this.#isLarge && !isBeingWritten) return undefined;
    exchanging = this;
    this.#release();
    if (this.#isLarge) this.#into = takeBulk();
    return this.#into;
  }

  /** Gives a buffer of its own back. */
  #release(): void {
    const own = this.#into;
    this.#into = SHARED;
    if (own !== SHARED) giveBack(own);
  }
}

/**
 * Makes a direct socket of a connection that was just accepted; the socket it comes as is then of no use.
 *
 * Safety: node:net has this option for connections that it opens, not for those that it accepts, so the handle moves to
 * a socket that has it. Where the handle is not what it is in Node 24, the connection stays as it is, only slower.
 */
export function directSocketOf(accepted: Socket): Socket {
  const inner = accepted as unknown as {
    _handle: Handle | null;
    _server: object | null;
    server: object | null;
  };
  const { _handle: handle } = inner;
  if (typeof handle?.useUserBuffer !== 'function') return accepted;
  inner._handle = null;
  const direct = new DirectSocket(handle);
  // The server counts its connections by what closes.
  return Object.assign(direct, { _server: inner._server, server: inner.server });
}
