import type { Bytes } from '../bytes.ts';
import type { Needs } from '../operator.ts';
import { commonness } from './literal-choice.ts';

/** Needs taken apart: clauses that occur several times are one. */
export interface Clauses {
  /** Bits of the needs that every value meets. */
  readonly always: Uint32Array;
  /** By clause: the needs of which it is the clause that fewest values meet. */
  readonly ledBy: readonly Int32Array[];
  /** By needs: the clauses beside that one. */
  readonly others: readonly Int32Array[];
  /** Literals of several bytes, and the clauses that have each. */
  readonly literals: ReadonlyMap<Bytes, readonly number[]>;
  /** By byte: the clauses in which it is a literal; upper-case letters stand beside lower-case ones. */
  readonly clausesOfByte: readonly Int32Array[];
  /** Eight words: the bytes that are a literal. */
  readonly telling: Int32Array;
}

const NOTHING = new Int32Array(0);

/** A list of lists, kept as arrays of one kind. */
function frozen(lists: ReadonlyMap<number, readonly number[]>, size: number): Int32Array[] {
  return Array.from({ length: size }, (_, index) => {
    const list = lists.get(index);
    return list === undefined ? NOTHING : Int32Array.from(list);
  });
}

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Different clauses, numbered: one for each set of literals. */
class ClauseList {
  readonly #numbers = new Map<string, number>();
  readonly literals: Bytes[][] = [];
  readonly commonness: number[] = [];

  numberOf(clause: readonly Bytes[]): number {
    const literals = [...new Set(clause)].sort();
    const key = literals.map((literal) => `${literal.length}:${literal}`).join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.literals.length);
    this.commonness.push(commonness(literals));
    return this.literals.push(literals) - 1;
  }

  /** The clauses of some needs, the one that fewest values meet first. */
  rarestFirst(needs: Needs): number[] {
    const numbers = [...new Set(needs.map((clause) => this.numberOf(clause)))];
    return numbers.sort(
      (one, other) => (this.commonness[one] as number) - (this.commonness[other] as number),
    );
  }
}

function setBit(words: Uint32Array | Int32Array, bit: number): void {
  words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
}

/** The clauses of which each literal is one: those of several bytes by text, the others by byte. */
function clausesByLiteral(list: ClauseList): Pick<Clauses, 'literals' | 'clausesOfByte' | 'telling'> {
  const literals = new Map<Bytes, number[]>();
  const ofByte = new Map<number, number[]>();
  for (let clause = 0; clause < list.literals.length; clause++) {
    for (const literal of list.literals[clause] as Bytes[]) {
      const byte = literal.charCodeAt(0);
      if (literal.length > 1) push(literals, literal, clause);
      else push(ofByte, byte, clause);
      if (literal.length === 1 && byte >= 0x61 && byte <= 0x7a) push(ofByte, byte - 0x20, clause);
    }
  }
  const telling = new Int32Array(8);
  for (const byte of ofByte.keys()) setBit(telling, byte);
  return { literals, clausesOfByte: frozen(ofByte, 256), telling };
}

export function compileClauses(needs: readonly (Needs | null)[]): Clauses {
  const list = new ClauseList();
  const always = new Uint32Array(Math.ceil(needs.length / 32));
  const ledBy = new Map<number, number[]>();
  const others = needs.map((each, index) => {
    const [rarest, ...rest] = list.rarestFirst(each ?? []);
    if (rarest === undefined) setBit(always, index);
    else push(ledBy, rarest, index);
    return Int32Array.from(rest);
  });
  return { always, others, ledBy: frozen(ledBy, list.literals.length), ...clausesByLiteral(list) };
}
