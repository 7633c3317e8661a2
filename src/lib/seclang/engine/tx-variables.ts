import { type Bytes, lowerAscii } from '../bytes.ts';
import { toInteger } from './integer.ts';
import { CAPTURES, type TxNames } from './tx-names.ts';

/**
 * The variables of `TX` of one transaction.
 *
 * Cost: those that rules name are read and written by slot; names that only come up while rules run are looked up.
 */
export class TxVariables {
  readonly #names: TxNames;
  /** By slot. Numbers are what counting left. */
  readonly #values: (Bytes | number | undefined)[];
  /** By slot: when it was set, for the order in which all of them are listed. */
  readonly #order: number[];
  #set = 0;
  /** Slots of names that no rule writes out. */
  #more: Map<Bytes, number> | null = null;
  #moreNames: Bytes[] | null = null;

  constructor(names: TxNames) {
    this.#names = names;
    this.#values = new Array<Bytes | number | undefined>(names.size).fill(undefined);
    this.#order = new Array<number>(names.size).fill(0);
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
    if (this.#values[slot] === undefined) this.#order[slot] = ++this.#set;
    this.#values[slot] = value;
  }

  unset(slot: number): void {
    this.#values[slot] = undefined;
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
    for (let slot = 0; slot < this.#values.length; slot++) {
      if (this.#values[slot] !== undefined && isMeant(slot)) slots.push(slot);
    }
    return slots.length < 2 ? slots : slots.sort((a, b) => (this.#order[a] ?? 0) - (this.#order[b] ?? 0));
  }
}
