import type { Bytes } from '../bytes.ts';
import { type CollectionStore, memberKey, type StoredVariables } from './collection-store.ts';
import { toInteger } from './integer.ts';

const EXPIRY = '__expire_';

/** A collection that was opened: read when a rule first asks for a member. */
class Opened {
  /** Under which it is stored: of `SESSION`, `USER` and `RESOURCE` with the name of the application. */
  readonly storedAs: string;
  readonly key: Bytes;
  isChanged = false;
  readonly #read: (storedAs: string, key: Bytes) => StoredVariables;
  #variables: StoredVariables | null = null;
  /** What counters were before this transaction changed them. */
  readonly before = new Map<Bytes, number>();

  constructor(storedAs: string, key: Bytes, read: (storedAs: string, key: Bytes) => StoredVariables) {
    this.storedAs = storedAs;
    this.key = key;
    this.#read = read;
  }

  get variables(): StoredVariables {
    if (this.#variables !== null) return this.#variables;
    const variables = this.#read(this.storedAs, this.key);
    this.before.set('update_counter', toInteger(variables.get('update_counter')?.value ?? ''));
    this.#variables = variables;
    return variables;
  }
}

/** The collections that a transaction has opened by `initcol`, `setsid`, `setuid` or `setrsc`. */
export class StoredCollections {
  readonly #store: CollectionStore;
  readonly #timeoutS: number;
  readonly #nowS: number;
  readonly #opened = new Map<string, Opened>();
  readonly #read = (storedAs: string, key: Bytes): StoredVariables => {
    const stored = this.#store.load(storedAs, key, this.#nowS);
    return stored === null ? this.#fresh(key) : this.#aged(stored);
  };

  constructor(store: CollectionStore, timeoutS: number, nowS: number) {
    this.#store = store;
    this.#timeoutS = timeoutS;
    this.#nowS = nowS;
  }

  /** Opens a collection once; a second time nothing happens. */
  open(collection: string, storedAs: string, key: Bytes): void {
    if (this.#opened.has(collection)) return;
    this.#opened.set(collection, new Opened(storedAs, key, this.#read));
  }

  #fresh(key: Bytes): StoredVariables {
    const variables: StoredVariables = new Map();
    const add = (name: string, value: Bytes): void => {
      variables.set(memberKey(name), { name, value });
    };
    add('KEY', key);
    add('TIMEOUT', String(this.#timeoutS));
    add('CREATE_TIME', String(this.#nowS));
    add('UPDATE_COUNTER', '0');
    add('IS_NEW', '1');
    return variables;
  }

  /** What was stored without the members whose time is over, and with the rate of its updates. */
  #aged(variables: StoredVariables): StoredVariables {
    for (const [key, { value }] of [...variables]) {
      if (!key.startsWith(EXPIRY) || toInteger(value) > this.#nowS) continue;
      variables.delete(key.slice(EXPIRY.length));
      variables.delete(key);
    }
    const ageS = this.#nowS - toInteger(variables.get('create_time')?.value ?? '');
    const updates = toInteger(variables.get('update_counter')?.value ?? '');
    const rate = ageS <= 0 ? 0 : Math.floor((60 * updates) / ageS);
    variables.set('update_rate', { name: 'UPDATE_RATE', value: String(rate) });
    return variables;
  }

  /** Members in order; null for a collection that was not opened. */
  members(collection: string): StoredVariables | null {
    return this.#opened.get(collection)?.variables ?? null;
  }

  set(collection: string, name: Bytes, value: Bytes): void {
    const opened = this.#opened.get(collection);
    if (opened === undefined) return;
    opened.variables.set(memberKey(name), { name, value });
    opened.isChanged = true;
  }

  /** Counters never go below zero. */
  add(collection: string, name: Bytes, amount: number): void {
    const opened = this.#opened.get(collection);
    if (opened === undefined) return;
    const key = memberKey(name);
    const value = toInteger(opened.variables.get(key)?.value ?? '');
    if (!opened.before.has(key)) opened.before.set(key, value);
    this.set(collection, name, String(Math.max(0, value + amount)));
  }

  unset(collection: string, name: Bytes): void {
    const opened = this.#opened.get(collection);
    if (opened === undefined) return;
    opened.variables.delete(memberKey(name));
    opened.isChanged = true;
  }

  expire(collection: string, name: Bytes, seconds: number): void {
    this.set(collection, `${EXPIRY}${name}`, String(this.#nowS + seconds));
  }

  /** Takes `amount` away for every `seconds` since the collection was last stored. */
  deprecate(collection: string, name: Bytes, amount: number, seconds: number): void {
    const opened = this.#opened.get(collection);
    const current = opened?.variables.get(memberKey(name));
    const updatedAt = opened?.variables.get('last_update_time');
    if (current === undefined || updatedAt === undefined || seconds <= 0) return;
    const steps = Math.floor((this.#nowS - toInteger(updatedAt.value)) / seconds);
    const count = toInteger(current.value);
    const value = Math.max(0, count - amount * steps);
    if (value === count) return;
    const key = memberKey(name);
    if (opened?.before.has(key) === false) opened.before.set(key, count);
    this.set(collection, name, String(value));
  }

  /** Stores what has changed, at the end of the transaction. */
  close(nowS: number): void {
    for (const opened of this.#opened.values()) {
      if (!opened.isChanged) continue;
      const { storedAs, key, variables, before } = opened;
      if (!variables.has('key')) continue;
      variables.delete('is_new');
      variables.delete('update_rate');
      const updates = toInteger(variables.get('update_counter')?.value ?? '');
      variables.set('update_counter', { name: 'UPDATE_COUNTER', value: String(updates + 1) });
      variables.set('last_update_time', { name: 'LAST_UPDATE_TIME', value: String(nowS) });
      const timeoutS = toInteger(variables.get('timeout')?.value ?? String(this.#timeoutS));
      this.#store.save(storedAs, key, variables, before, nowS + timeoutS);
    }
  }
}
