import { type Bytes, lowerAscii } from '../bytes.ts';
import { toInteger } from './integer.ts';

/** A variable of a collection that outlives transactions. */
export interface StoredVariable {
  /** As it was written. */
  readonly name: Bytes;
  readonly value: Bytes;
}

/** Members by their names in lower case. */
export type StoredVariables = Map<Bytes, StoredVariable>;

/** Where collections such as `IP` lie between transactions. */
export interface CollectionStore {
  /** A copy; null where there is none or its time is over. */
  load(collection: string, key: Bytes, nowS: number): StoredVariables | null;
  /**
   * Keeps a collection until `expiresAtS`. `before`: what counters were when the transaction first changed them, so that only
   * the difference is added to what others have counted meanwhile.
   */
  save(
    collection: string,
    key: Bytes,
    variables: StoredVariables,
    before: ReadonlyMap<Bytes, number>,
    expiresAtS: number,
  ): void;
}

interface Kept {
  readonly variables: StoredVariables;
  readonly expiresAtS: number;
}

/** Members of one collection beyond this are not kept. */
const MOST_VARIABLES = 256;
const MOST_VALUE_BYTES = 4_096;

/**
 * Collections in the memory of this thread.
 *
 * Safety: bounded. Beyond `limit` collections the one that was not written for longest is forgotten, so that a rule that counts
 * may start again from nothing for it.
 */
export class MemoryCollectionStore implements CollectionStore {
  readonly #kept = new Map<string, Kept>();
  readonly #limit: number;

  constructor(limit = 20_000) {
    this.#limit = limit;
  }

  load(collection: string, key: Bytes, nowS: number): StoredVariables | null {
    const at = `${collection} ${key}`;
    const kept = this.#kept.get(at);
    if (kept === undefined) return null;
    if (kept.expiresAtS > nowS) return new Map(kept.variables);
    this.#kept.delete(at);
    return null;
  }

  save(
    collection: string,
    key: Bytes,
    variables: StoredVariables,
    before: ReadonlyMap<Bytes, number>,
    expiresAtS: number,
  ): void {
    const at = `${collection} ${key}`;
    const merged: StoredVariables = new Map();
    const others = this.#kept.get(at)?.variables;
    for (const [name, variable] of variables) {
      if (merged.size >= MOST_VARIABLES) break;
      if (variable.value.length <= MOST_VALUE_BYTES)
        merged.set(name, withOthers(name, variable, before, others));
    }
    this.#kept.delete(at);
    this.#kept.set(at, { variables: merged, expiresAtS });
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value as string);
  }
}

/** A counter with what other transactions have added to it meanwhile. */
function withOthers(
  name: Bytes,
  variable: StoredVariable,
  before: ReadonlyMap<Bytes, number>,
  others: StoredVariables | undefined,
): StoredVariable {
  const start = before.get(name);
  const stored = others?.get(name);
  if (start === undefined || stored === undefined) return variable;
  const value = toInteger(stored.value) + toInteger(variable.value) - start;
  return { name: variable.name, value: String(Math.max(0, value)) };
}

/** The key under which a member is found. */
export const memberKey = (name: Bytes): Bytes => lowerAscii(name);
