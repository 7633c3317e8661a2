import type { Bytes } from '../bytes.ts';
import type { Needs } from '../operator.ts';
import { commonness } from './literal-choice.ts';
import { type PackedLists, packLists } from './packed-lists.ts';

/** Needs taken apart: clauses that occur several times are one. */
export interface Clauses {
  /** Bits of the needs that every value meets. */
  readonly always: Uint32Array;
  /** By clause: the needs of which it is the clause that fewest values meet. */
  readonly ledBy: PackedLists;
  /** By needs: the clauses beside that one. */
  readonly others: PackedLists;
  /** Literals of several bytes, and the clauses that have each. */
  readonly literals: ReadonlyMap<Bytes, readonly number[]>;
  /** Eight words a clause: the bytes that are a literal of it; upper-case letters stand beside lower-case ones. */
  readonly byteSets: Int32Array;
  /** By byte: the clauses in which it is a literal and which lead needs. */
  readonly ledByByte: PackedLists;
  /** Eight words: the bytes that are a literal of such a clause. */
  readonly telling: Int32Array;
}

/** Lists by number, packed; those that are not there are empty. */
function packed(lists: ReadonlyMap<number, readonly number[]>, size: number): PackedLists {
  return packLists(Array.from({ length: size }, (_, index) => lists.get(index) ?? []));
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

/** The bytes that a literal of one byte stands for. */
function bytesOf(literal: Bytes): number[] {
  const byte = literal.charCodeAt(0);
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte];
}

/** The clauses of which each literal is one: those of several bytes by text, the others by byte. */
function clausesByLiteral(
  list: ClauseList,
  isLeading: (clause: number) => boolean,
): Pick<Clauses, 'literals' | 'byteSets' | 'ledByByte' | 'telling'> {
  const literals = new Map<Bytes, number[]>();
  const ledByByte = new Map<number, number[]>();
  const byteSets = new Int32Array(list.literals.length * 8);
  const telling = new Int32Array(8);
  for (let clause = 0; clause < list.literals.length; clause++) {
    const all = list.literals[clause] as Bytes[];
    for (const literal of all) if (literal.length > 1) push(literals, literal, clause);
    for (const byte of all.filter(({ length }) => length === 1).flatMap(bytesOf)) {
      setBit(byteSets, clause * 256 + byte);
      if (!isLeading(clause)) continue;
      push(ledByByte, byte, clause);
      setBit(telling, byte);
    }
  }
  return { literals, byteSets, ledByByte: packed(ledByByte, 256), telling };
}

export function compileClauses(needs: readonly (Needs | null)[]): Clauses {
  const list = new ClauseList();
  const always = new Uint32Array(Math.ceil(needs.length / 32));
  const ledBy = new Map<number, number[]>();
  const others = needs.map((each, index) => {
    const [rarest, ...rest] = list.rarestFirst(each ?? []);
    if (rarest === undefined) setBit(always, index);
    else push(ledBy, rarest, index);
    return rest;
  });
  return {
    always,
    others: packLists(others),
    ledBy: packed(ledBy, list.literals.length),
    ...clausesByLiteral(list, (clause) => ledBy.has(clause)),
  };
}
