import type { Bytes } from '../bytes.ts';

/** Different names that one body may have. */
const MAX_NAMES = 200_000;

/** One name, and those that it begins. */
class NameNode {
  readonly name: Bytes;
  /** The last of its keys; '' for the one that all begin with. */
  readonly key: Bytes;
  readonly parent: NameNode | null;
  /** How many names were made that this one begins. */
  made: number;
  #firstChild: NameNode | null;
  #children: Map<Bytes, NameNode> | null;

  constructor(name: Bytes, key: Bytes, parent: NameNode | null) {
    this.name = name;
    this.key = key;
    this.parent = parent;
    this.made = 0;
    this.#firstChild = null;
    this.#children = null;
  }

  /** The name of which this is all but the last key. */
  child(key: Bytes): NameNode {
    const first = this.#firstChild;
    if (first !== null && first.key === key) return first;
    const known = this.#children?.get(key);
    if (known !== undefined) return known;
    const made = new NameNode(this.parent === null ? key : `${this.name}.${key}`, key, this);
    this.made++;
    if (first === null) this.#firstChild = made;
    else {
      this.#children ??= new Map();
      this.#children.set(key, made);
    }
    return made;
  }
}

/**
 * The names that arguments of a JSON body have: the keys on the way to a value, with dots between them.
 *
 * An array has no keys: its members have the name of the array twice, and `array` is the name of one that is the whole body. A dot in a key
 * counts as one between keys when a name is made shorter again, so that what follows such a key keeps its first part.
 * Cost: a name that comes again is the same string.
 */
export class JsonNames {
  #prefix = new NameNode('', '', null);
  #key: Bytes | null = null;
  /** How deep it is, as `SecRequestBodyJsonDepthLimit` counts. */
  depth = 0;
  /** How many different names there may still be. */
  #namesLeft = MAX_NAMES;

  setKey(key: Bytes): void {
    this.#key = key;
  }

  /** The name of a value that stands here. */
  get name(): Bytes {
    this.#key ??= '';
    return this.#child(this.#key).name;
  }

  /** Whether there are more names than are kept. */
  get isOverfull(): boolean {
    return this.#namesLeft < 0;
  }

  openArray(): void {
    this.#key ??= 'array';
    this.#push(this.#key);
  }

  openMap(): void {
    // An object that is the whole body adds nothing to the names.
    if (this.#key !== null) this.#push(this.#key);
  }

  closeArray(): void {
    this.#pop();
  }

  closeMap(): void {
    const last = this.#pop();
    if (last !== null) this.#key = last;
  }

  #push(key: Bytes): void {
    this.depth++;
    if (!key.includes('.')) this.#prefix = this.#child(key);
    else {
      for (let at = 0; at <= key.length && !this.isOverfull; ) {
        const dot = key.indexOf('.', at);
        const end = dot < 0 ? key.length : dot;
        this.#prefix = this.#child(key.slice(at, end));
        at = end + 1;
      }
    }
  }

  #child(key: Bytes): NameNode {
    const before = this.#prefix.made;
    const child = this.#prefix.child(key);
    if (this.#prefix.made !== before) this.#namesLeft--;
    return child;
  }

  #pop(): Bytes | null {
    const { key, parent } = this.#prefix;
    if (parent === null) return null;
    this.depth--;
    this.#prefix = parent;
    return key;
  }
}
