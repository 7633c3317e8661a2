const GATEWAYS = 0;
const LOST_AT_S = 1;

/** Makes the memory of `GuardFacts` for all threads; `gateways` is how many are taken to be alive until Redis tells. */
export function createGuardFacts(gateways: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(buffer)[GATEWAYS] = Math.max(1, gateways);
  return buffer;
}

/** What all threads of a gateway know about the store that it shares with others. */
export class GuardFacts {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** Gateways that are alive, as far as is known; at least this one. */
  get gateways(): number {
    return Atomics.load(this.#words, GATEWAYS);
  }

  setGateways(count: number): void {
    Atomics.store(this.#words, GATEWAYS, Math.max(1, count));
  }

  /** Notes that the store was lost sight of: from now on it may know less than this gateway. */
  lost(nowMs: number): void {
    Atomics.store(this.#words, LOST_AT_S, Math.ceil(nowMs / 1000));
  }

  /** Milliseconds since the store was last lost sight of; infinite when it never was. */
  sinceLossMs(nowMs: number): number {
    const lostAtS = Atomics.load(this.#words, LOST_AT_S) >>> 0;
    return lostAtS === 0 ? Number.POSITIVE_INFINITY : nowMs - lostAtS * 1000;
  }
}
