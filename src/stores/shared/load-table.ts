import type { UnderWay } from '../../core/load.ts';
import { RANKS } from '../../lib/load/admission-share.ts';
import type { LimitCell } from '../../lib/load/gradient-limit.ts';
import { createClientHash } from './client-hash.ts';

/**
 * Words of a row, one line of cache: the header of a place, or what one thread has under way there by rank, first what came while
 * nothing was limited, then the rest.
 */
const ROW_WORDS = 2 * RANKS;
const MAGIC = 0x50434c44;
/** Where the parts of a header row lie. */
const HEADER = { hash: 0, limit: 1, slowness: 2, version: 3 } as const;
/** Limits and slowness are kept in thousandths. */
const UNIT = 1000;
const MOST = 2 ** 31 - 1;
/** Places that are looked at for a name before the table counts as full. */
const MOST_PROBES = 64;

/** Makes the memory for the load of so many upstreams and routes; the system provides it as it is used. */
export function createLoadTable(places: number, threads: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(ROW_WORDS * 4 * (1 + places * (1 + threads)));
  new Int32Array(buffer).set([MAGIC, places, threads]);
  return buffer;
}

/**
 * One upstream or route as a thread sees it: how much is under way in all threads, and the limit that they share.
 *
 * Safety: each thread writes a row of its own, so that what a dead thread had under way can be forgotten.
 */
export class SharedLoad implements UnderWay, LimitCell {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #own: number;
  readonly #end: number;

  constructor(words: Int32Array, at: number, thread: number, threads: number) {
    this.#words = words;
    this.#at = at;
    this.#own = at + ROW_WORDS * (1 + thread);
    this.#end = at + ROW_WORDS * (1 + threads);
  }

  begin(rank: number, wasLimited: boolean): void {
    Atomics.add(this.#words, this.#own + rank + (wasLimited ? RANKS : 0), 1);
  }

  end(rank: number, wasLimited: boolean): void {
    Atomics.sub(this.#words, this.#own + rank + (wasLimited ? RANKS : 0), 1);
  }

  get total(): number {
    return this.#sum(0);
  }

  countFrom(rank: number): number {
    return this.#sum(RANKS + rank);
  }

  #sum(from: number): number {
    let count = 0;
    for (let row = this.#at + ROW_WORDS; row < this.#end; row += ROW_WORDS) {
      for (let word = row + from; word < row + ROW_WORDS; word++) count += Atomics.load(this.#words, word);
    }
    return count;
  }

  get limit(): number {
    return Atomics.load(this.#words, this.#at + HEADER.limit) / UNIT;
  }

  get slowness(): number {
    return 1 + Atomics.load(this.#words, this.#at + HEADER.slowness) / UNIT;
  }

  get version(): number {
    return Atomics.load(this.#words, this.#at + HEADER.version);
  }

  change(version: number, limit: number, slowness: number): boolean {
    const words = this.#words;
    const at = this.#at + HEADER.version;
    if (Atomics.compareExchange(words, at, version, (version + 1) | 0) !== version) return false;
    Atomics.store(words, this.#at + HEADER.limit, Math.min(MOST, Math.ceil(limit * UNIT)));
    Atomics.store(words, this.#at + HEADER.slowness, Math.min(MOST, Math.round((slowness - 1) * UNIT)));
    return true;
  }

  /** Forgets what a thread that went before this one had under way. */
  clearOwn(): void {
    for (let word = 0; word < ROW_WORDS; word++) Atomics.store(this.#words, this.#own + word, 0);
  }
}

/** The load table as one thread sees it. */
export class LoadTable {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #places: number;
  readonly #threads: number;
  readonly #thread: number;
  readonly #hash = createClientHash(0, 0);
  readonly #hashed = new Int32Array(2);

  /** Opens the memory that `createLoadTable` made, and takes over the rows of this thread; throws TypeError for any other. */
  constructor(buffer: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(buffer);
    const [magic, places = 0, threads = 0] = this.#words;
    if (magic !== MAGIC) throw new TypeError('This memory is not a load table.');
    this.#places = places;
    this.#threads = threads;
    this.#thread = thread;
    for (let place = 0; place < places; place++)
      if (Atomics.load(this.#words, this.#wordOf(place)) !== 0) this.#open(place).clearOwn();
  }

  /**
   * The place of a name, the same in every thread; one of this thread alone where the table is full.
   *
   * Safety: names come from the configuration. Two of one hash, one pair in four billions, would share a limit.
   */
  find(kind: string, name: string): SharedLoad {
    this.#hash(kind, name, this.#hashed, 0);
    const hash = this.#hashed[1] as number;
    const first = ((this.#hashed[0] as number) >>> 0) % this.#places;
    for (let probe = 0; probe < Math.min(MOST_PROBES, this.#places); probe++) {
      const place = (first + probe) % this.#places;
      const found = Atomics.compareExchange(this.#words, this.#wordOf(place) + HEADER.hash, 0, hash);
      if (found === 0 || found === hash) return this.#open(place);
    }
    return new SharedLoad(new Int32Array(ROW_WORDS * 2), 0, 0, 1);
  }

  #wordOf(place: number): number {
    return ROW_WORDS * (1 + place * (1 + this.#threads));
  }

  #open(place: number): SharedLoad {
    return new SharedLoad(this.#words, this.#wordOf(place), this.#thread, this.#threads);
  }
}
