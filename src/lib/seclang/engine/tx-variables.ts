import { type Bytes, lowerAscii } from '../bytes.ts';
import { toInteger } from './integer.ts';
import type { Standing } from './standing.ts';
import { CAPTURES, type TxNames } from './tx-names.ts';

/** What comparisons look at of a slot: nothing, whether it is set, or its value. */
export const [NOTHING, PRESENCE, VALUE] = [0, 1, 2] as const;

/** Slots for names that come up while rules run; more take longer. */
const ROOM = 32;

/**
 * The variables of `TX` of one transaction.
 *
 * Cost: those that rules name are read and written by slot; names that only come up while rules run are looked up.
 */
export class TxVariables {
  readonly #names: TxNames;
  /** By slot. Numbers are what counting left. */
  readonly #values: (Bytes | number | undefined)[];
  /** Slots in the order in which they were set. */
  readonly #set: number[];
  /** By slot: its place in that order; what stands elsewhere of it is past. */
  readonly #places: number[];
  readonly #compared: Uint8Array;
  /** How often a variable has changed that rules compare before they look at anything else. */
  revision = 0;
  /** What has become of those variables; null where that is not followed. */
  standing: Standing | null = null;
  /** Whether any variable has been set or unset since the beginning. */
  isChanged = false;
  /** Slots of names that no rule writes out. */
  #more: Map<Bytes, number> | null = null;
  #moreNames: Bytes[] | null = null;

  /** `compared`: by slot, what comparisons look at. `from`: whose variables it begins with. */
  constructor(names: TxNames, compared: Uint8Array, from: TxVariables | null = null) {
    this.#names = names;
    this.#compared = compared;
    this.standing = from?.standing ?? null;
    if (from === null) {
      this.#values = new Array<Bytes | number | undefined>(names.size + ROOM).fill(undefined);
      this.#places = new Array<number>(names.size + ROOM).fill(0);
      this.#set = [];
      return;
    }
    this.#values = from.#values.slice();
    this.#places = from.#places.slice();
    this.#set = from.#set.slice();
    if (from.#more === null || from.#moreNames === null) return;
    this.#more = new Map(from.#more);
    this.#moreNames = from.#moreNames.slice();
  }

  copy(): TxVariables {
    return new TxVariables(this.#names, this.#compared, this);
  }

  has(slot: number): boolean {
    return this.#values[slot] !== undefined;
  }

  text(slot: number): Bytes | undefined {
    const value = this.#values[slot];
    return typeof value === 'number' ? String(value) : value;
  }

  /** As a whole number; 0 for one that is not set. */
  number(slot: number): number {
    const value = this.#values[slot];
    if (typeof value === 'number') return value;
    return value === undefined ? 0 : toInteger(value);
  }

  set(slot: number, value: Bytes | number): void {
    if (this.#values[slot] === undefined) {
      this.#places[slot] = this.#set.push(slot) - 1;
      if (this.#compared[slot] === PRESENCE) this.#move(slot, '');
    }
    if (this.#compared[slot] === VALUE) this.#move(slot, value);
    this.isChanged = true;
    this.#values[slot] = value;
  }

  unset(slot: number): void {
    if (this.#values[slot] === undefined) return;
    if (this.#compared[slot] !== NOTHING) this.#move(slot, undefined);
    this.isChanged = true;
    this.#values[slot] = undefined;
  }

  #move(slot: number, value: Bytes | number | undefined): void {
    this.revision++;
    this.standing = this.standing?.after(slot, value) ?? null;
  }

  /** The groups of a match; those that it lacks are unset. */
  setCaptures(groups: readonly Bytes[], unsetsOthers: boolean): void {
    for (let group = 0; group < CAPTURES; group++) {
      const text = groups[group];
      if (text !== undefined) this.set(group, text);
      else if (unsetsOthers) this.unset(group);
    }
  }

  /** The slot of a name, a new one where no rule names it. */
  slotOf(name: Bytes): number {
    const key = lowerAscii(name);
    const known = this.#names.findSlot(key) ?? this.#more?.get(key);
    if (known !== undefined) return known;
    this.#more ??= new Map();
    this.#moreNames ??= [];
    const slot = this.#names.size + this.#moreNames.length;
    this.#more.set(key, slot);
    this.#moreNames.push(name);
    return slot;
  }

  find(name: Bytes): Bytes | undefined {
    const key = lowerAscii(name);
    const slot = this.#names.findSlot(key) ?? this.#more?.get(key);
    return slot === undefined ? undefined : this.text(slot);
  }

  nameOf(slot: number): Bytes {
    return slot < this.#names.size
      ? this.#names.nameOf(slot)
      : (this.#moreNames?.[slot - this.#names.size] ?? '');
  }

  /** Whether rules write its name out, so that it has the same slot in all transactions. */
  isWrittenOut(slot: number): boolean {
    return slot < this.#names.size;
  }

  /** Slots that are set and meant, in the order in which they were set. */
  slots(isMeant: (slot: number) => boolean): number[] {
    const slots: number[] = [];
    for (let place = 0; place < this.#set.length; place++) {
      const slot = this.#set[place] as number;
      const isThere = this.#places[slot] === place && this.#values[slot] !== undefined;
      if (isThere && isMeant(slot)) slots.push(slot);
    }
    return slots;
  }
}
