import type { Bytes } from '../bytes.ts';
import type { Needs } from '../operator.ts';
import { type Automaton, compileAutomaton } from './automaton.ts';
import { CandidateSets } from './candidate-sets.ts';
import { type Clauses, compileClauses } from './clauses.ts';
import type { PackedLists } from './packed-lists.ts';

export interface Scanner {
  /** How many words the sets of candidates have. */
  readonly words: number;
  /**
   * A bit for each of the needs: whether the value may have what is needed. The words are not to be changed.
   *
   * Cost: linear. Nothing is allocated for a set that was given lately.
   */
  scan(value: Bytes): Uint32Array;
}

const MAX_EPOCH = 0x7fff_ffff;
/** Values from this length on are copied into a buffer first, whose bytes are read faster than those of a string. */
const COPIED_BYTES = 128;
const BUFFER_BYTES = 16_384;

/**
 * Finds in one pass over a value which operators can match it.
 *
 * Safety: a candidate may fail to match; what is no candidate cannot match, because it lacks something that all matches have.
 */
class LiteralScanner implements Scanner {
  readonly words: number;
  readonly #clauses: Clauses;
  readonly #automaton: Automaton;
  readonly #sets: CandidateSets;
  readonly #bytes = new Int32Array(8);
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** The scan in which each state and each clause was met last. */
  readonly #stateEpochs: Int32Array;
  readonly #clauseEpochs: Int32Array;
  /** Clauses met in this scan that lead needs. */
  readonly #met: Int32Array;
  #metCount = 0;
  #epoch = 0;

  constructor(needs: readonly (Needs | null)[]) {
    this.#clauses = compileClauses(needs);
    this.#automaton = compileAutomaton(this.#clauses.literals);
    this.#sets = new CandidateSets(this.#clauses.always);
    this.words = this.#clauses.always.length;
    const clauseCount = this.#clauses.ledBy.starts.length - 1;
    this.#stateEpochs = new Int32Array(this.#automaton.also.length);
    this.#clauseEpochs = new Int32Array(clauseCount);
    this.#met = new Int32Array(clauseCount);
  }

  scan(value: Bytes): Uint32Array {
    this.#start();
    if (value.length < COPIED_BYTES) this.#walkString(value);
    else {
      let state = 0;
      for (let from = 0; from < value.length; from += BUFFER_BYTES) {
        const length = Math.min(BUFFER_BYTES, value.length - from);
        this.#buffer.write(length === value.length ? value : value.slice(from, from + length), 0, 'latin1');
        state = this.#walkBuffer(state, length);
      }
    }
    this.#noteBytes();
    if (this.#metCount > 0) this.#addCandidates();
    return this.#sets.finish();
  }

  #start(): void {
    this.#metCount = 0;
    for (let word = 0; word < 8; word++) this.#bytes[word] = 0;
    this.#sets.start();
    if (++this.#epoch < MAX_EPOCH) return;
    this.#epoch = 1;
    this.#stateEpochs.fill(0);
    this.#clauseEpochs.fill(0);
  }

  #walkString(value: Bytes): void {
    const { kindOf, shift, next, firstHit } = this.#automaton;
    const bytes = this.#bytes;
    const epochs = this.#stateEpochs;
    const epoch = this.#epoch;
    let state = 0;
    for (let at = 0; at < value.length; at++) {
      const byte = value.charCodeAt(at);
      const word = byte >>> 5;
      bytes[word] = (bytes[word] as number) | (1 << byte);
      state = next[(state << shift) | (kindOf[byte] as number)] as number;
      if (state >= firstHit && epochs[state - firstHit] !== epoch) this.#noteState(state);
    }
  }

  /** `walkString` over the first bytes of the buffer, from one state to another. */
  #walkBuffer(from: number, length: number): number {
    const { kindOf, shift, next, firstHit } = this.#automaton;
    const buffer = this.#buffer;
    const bytes = this.#bytes;
    const epochs = this.#stateEpochs;
    const epoch = this.#epoch;
    let state = from;
    for (let at = 0; at < length; at++) {
      const byte = buffer[at] as number;
      const word = byte >>> 5;
      bytes[word] = (bytes[word] as number) | (1 << byte);
      state = next[(state << shift) | (kindOf[byte] as number)] as number;
      if (state >= firstHit && epochs[state - firstHit] !== epoch) this.#noteState(state);
    }
    return state;
  }

  /** Notes what ends in a state, and the shorter literals that end there. */
  #noteState(state: number): void {
    const { firstHit, found, also } = this.#automaton;
    for (let at = state; at !== 0; at = also[at - firstHit] as number) {
      if (this.#stateEpochs[at - firstHit] === this.#epoch) return;
      this.#stateEpochs[at - firstHit] = this.#epoch;
      this.#noteClauses(found, at - firstHit);
    }
  }

  /** Notes clauses with a literal of one byte, which are not looked for but read off the set of bytes. */
  #noteBytes(): void {
    const { telling, ledByByte } = this.#clauses;
    for (let word = 0; word < 8; word++) {
      let bits = (this.#bytes[word] as number) & (telling[word] as number);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits ^= 1 << bit;
        this.#noteClauses(ledByByte, word * 32 + bit);
      }
    }
  }

  #noteClauses({ starts, items }: PackedLists, list: number): void {
    const ledStarts = this.#clauses.ledBy.starts;
    const end = starts[list + 1] as number;
    for (let at = starts[list] as number; at < end; at++) {
      const clause = items[at] as number;
      if (this.#clauseEpochs[clause] === this.#epoch) continue;
      this.#clauseEpochs[clause] = this.#epoch;
      if (ledStarts[clause] !== ledStarts[clause + 1]) this.#met[this.#metCount++] = clause;
    }
  }

  /** Looks of the needs whose rarest clause was met whether the others were. */
  #addCandidates(): void {
    const { starts, items } = this.#clauses.ledBy;
    for (let each = 0; each < this.#metCount; each++) {
      const clause = this.#met[each] as number;
      const end = starts[clause + 1] as number;
      for (let at = starts[clause] as number; at < end; at++) {
        const index = items[at] as number;
        if (this.#areOthersMet(index)) this.#sets.add(index);
      }
    }
  }

  #areOthersMet(index: number): boolean {
    const { starts, items } = this.#clauses.others;
    const end = starts[index + 1] as number;
    for (let at = starts[index] as number; at < end; at++) {
      const clause = items[at] as number;
      if (this.#clauseEpochs[clause] !== this.#epoch && !this.#hasByteOf(clause)) return false;
    }
    return true;
  }

  #hasByteOf(clause: number): boolean {
    const { byteSets } = this.#clauses;
    let common = 0;
    for (let word = 0; word < 8; word++)
      common |= (byteSets[clause * 8 + word] as number) & (this.#bytes[word] as number);
    return common !== 0;
  }
}

/** Makes a scanner for what operators need; the bit of each is its place in the list. null stands for anything. */
export function compileScanner(needs: readonly (Needs | null)[]): Scanner {
  return new LiteralScanner(needs);
}
