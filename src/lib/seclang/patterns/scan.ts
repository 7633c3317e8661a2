import type { Bytes } from '../bytes.ts';
import { type Automaton, TO } from './automaton.ts';
import type { Place } from './ways.ts';

/** What making a state costs beside the instructions that are looked at, in bytes whose state is known. */
const STATE_COST = 64;
/** States are of no use to a value that comes to fewer bytes for each of them. */
const BYTES_PER_STATE = 8;

/**
 * A value on its way through an automaton, from its first byte or from its last.
 *
 * Cost: linear in value × program whatever the value; where states are made faster than they are used, none are kept.
 */
export class Scan {
  /** How many bytes had been taken when a match ended last; -1 while none has. */
  lastEnd = -1;
  readonly #automaton: Automaton;
  readonly #value: Bytes;
  readonly #isReversed: boolean;
  #taken = 0;
  #isOver = false;
  #state: number;
  /** The state, for when states are forgotten. */
  #place: Place;
  #generation: number;
  #keepsStates = true;
  #made = 0;
  #forgotAt = 0;

  constructor(automaton: Automaton, value: Bytes, isReversed: boolean) {
    this.#automaton = automaton;
    this.#value = value;
    this.#isReversed = isReversed;
    this.#state = automaton.first;
    this.#place = automaton.placeOf(this.#state);
    this.#generation = automaton.generation;
  }

  /** Goes on for about as long as it takes to pass `bytes` bytes; whether it is through. */
  run(bytes: number): boolean {
    if (this.#keepsStates) this.#resume();
    for (let left = bytes; left > 0 && !this.#isOver; ) {
      const before = this.#taken;
      if (this.#keepsStates) this.#pass(Math.min(this.#value.length, before + left));
      left -= this.#taken - before;
      if (this.#taken === this.#value.length) this.#end();
      else if (left > 0) left -= this.#keepsStates ? this.#makeState() : this.#passWithoutState();
    }
    if (this.#keepsStates) this.#place = this.#automaton.placeOf(this.#state);
    return this.#isOver;
  }

  /** Takes bytes as long as the table knows where they lead. */
  #pass(stop: number): void {
    const { table, classOf } = this.#automaton;
    const value = this.#value;
    let state = this.#state;
    let at = this.#taken;
    if (this.#isReversed) {
      const last = value.length - 1;
      for (; at < stop; at++) {
        const to = table[state + (classOf[value.charCodeAt(last - at)] as number)] as number;
        if (to < 0) break;
        if ((to & 1) === 1) this.lastEnd = at;
        state = to >> 1;
      }
    } else {
      for (; at < stop; at++) {
        const to = table[state + (classOf[value.charCodeAt(at)] as number)] as number;
        if (to < 0) break;
        state = to >> 1;
      }
    }
    this.#state = state;
    this.#taken = at;
  }

  #nextCode(): number {
    const { length } = this.#value;
    return this.#value.charCodeAt(this.#isReversed ? length - 1 - this.#taken : this.#taken);
  }

  /** Takes one byte of which the table says that it ends the way, or of which it says nothing yet. Gives back the cost. */
  #makeState(): number {
    const automaton = this.#automaton;
    const code = this.#nextCode();
    const work = automaton.ways.work;
    const known = automaton.table[this.#state + (automaton.classOf[code] as number)] as number;
    const to = known === TO.unknown ? automaton.lead(this.#state, code) : known;
    this.#made++;
    if (to < 0 || (to & 1) === 1) this.#noteEnd(to);
    if (to < 0) return STATE_COST;
    this.#state = to >> 1;
    this.#taken++;
    if (automaton.generation !== this.#generation) this.#countForgetting();
    return STATE_COST + automaton.ways.work - work;
  }

  #noteEnd(to: number): void {
    if (to !== TO.nothing) this.lastEnd = this.#taken;
    if (to < 0) this.#isOver = true;
  }

  #countForgetting(): void {
    this.#generation = this.#automaton.generation;
    if (this.#taken - this.#forgotAt < BYTES_PER_STATE * this.#made) {
      this.#keepsStates = false;
      this.#place = this.#automaton.placeOf(this.#state);
    }
    this.#forgotAt = this.#taken;
    this.#made = 0;
  }

  #passWithoutState(): number {
    const { ways, classOf, stopsAtMatch } = this.#automaton;
    const work = ways.work;
    const place = ways.after(this.#place, classOf[this.#nextCode()] as number);
    if (ways.hasMatched) {
      this.lastEnd = this.#taken;
      this.#isOver = stopsAtMatch;
    }
    this.#place = place;
    this.#taken++;
    return STATE_COST + ways.work - work;
  }

  #end(): void {
    this.#isOver = true;
    const hasEnded = this.#keepsStates
      ? this.#automaton.hasEnded(this.#state)
      : this.#automaton.ways.hasEnded(this.#place);
    if (hasEnded) this.lastEnd = this.#taken;
  }

  #resume(): void {
    if (this.#automaton.generation === this.#generation) return;
    this.#state = this.#automaton.stateOf(this.#place);
    this.#generation = this.#automaton.generation;
  }
}
