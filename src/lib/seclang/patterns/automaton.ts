import { keepWithinMemory } from './automaton-memory.ts';
import type { Program } from './program.ts';
import { type Place, Ways } from './ways.ts';

/** What the table holds where it holds no state: negative numbers. */
export const TO = { unknown: -1, match: -2, nothing: -3 } as const;

/** Most bytes that the states of one automaton take. */
const MAX_BYTES = 524_288;

/**
 * The places of a program as states, made when a value first comes to them, and all forgotten when they take too much memory.
 *
 * Shape: a state is the offset of its row in `table`. For each class of bytes the row holds where the state leads, times
 * two, and one more where a match has ended in front of that byte.
 * Cost: a look into the table for each byte; a new state takes as long as the program is.
 */
export class Automaton {
  readonly ways: Ways;
  /** For each byte its class. */
  readonly classOf: Uint8Array;
  table: Int32Array = new Int32Array(0);
  /** Another number whenever all states have been forgotten. */
  generation = 0;
  readonly #classes: number;
  readonly stopsAtMatch: boolean;
  readonly #first: Place;
  readonly #places: Place[] = [];
  readonly #atEnd: (boolean | undefined)[] = [];
  readonly #states = new Map<string, number>();
  #instructions = 0;

  /** @param stopsAtMatch whether nothing matters behind the first end of a match: the table then says `TO.match`. */
  constructor(program: Program, isReversed: boolean, stopsAtMatch: boolean) {
    this.ways = new Ways(program, isReversed);
    this.classOf = this.ways.classes.ofByte;
    this.#classes = this.ways.classes.count;
    this.stopsAtMatch = stopsAtMatch;
    this.#first = this.ways.first();
  }

  /** The state in which every value begins. */
  get first(): number {
    return this.stateOf(this.#first);
  }

  get stateCount(): number {
    return this.#places.length;
  }

  /** About how much memory its states take. */
  get bytes(): number {
    return 4 * this.table.length + 4 * this.#instructions + 160 * this.#places.length;
  }

  placeOf(state: number): Place {
    return this.#places[state / this.#classes] as Place;
  }

  forget(): void {
    this.generation++;
    this.table = new Int32Array(0);
    this.#places.length = 0;
    this.#atEnd.length = 0;
    this.#states.clear();
    this.#instructions = 0;
  }

  /** The state of a place. Forgets all others where they take too much memory. */
  stateOf(place: Place): number {
    const key = String.fromCharCode(place.side, ...place.instructions);
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.bytes > MAX_BYTES) this.forget();
    const state = this.#places.length * this.#classes;
    this.#places.push(place);
    this.#states.set(key, state);
    this.#instructions += place.instructions.length;
    this.#makeRoom(state + this.#classes);
    return state;
  }

  /** Where a byte leads from a state that has not seen its like before: what the table holds from now on. */
  lead(state: number, code: number): number {
    const byteClass = this.classOf[code] as number;
    const { generation } = this;
    const place = this.ways.after(this.placeOf(state), byteClass);
    const to = this.#entryFor(place, this.ways.hasMatched);
    if (generation === this.generation) this.table[state + byteClass] = to;
    return to;
  }

  /** Whether a match ends at the end of a value that ends in a state. */
  hasEnded(state: number): boolean {
    const number = state / this.#classes;
    this.#atEnd[number] ??= this.ways.hasEnded(this.placeOf(state));
    return this.#atEnd[number];
  }

  #entryFor(place: Place, hasMatched: boolean): number {
    if (hasMatched && this.stopsAtMatch) return TO.match;
    if (this.ways.isAnchored && place.instructions.length === 0 && !hasMatched) return TO.nothing;
    return 2 * this.stateOf(place) + (hasMatched ? 1 : 0);
  }

  #makeRoom(cells: number): void {
    if (cells <= this.table.length) return;
    const grown = new Int32Array(Math.max(cells, 2 * this.table.length, 8 * this.#classes)).fill(TO.unknown);
    grown.set(this.table);
    this.table = grown;
    keepWithinMemory(this);
  }
}
