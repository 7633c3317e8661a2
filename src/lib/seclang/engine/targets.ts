import type { Bytes } from '../bytes.ts';
import type { Inspected } from './inspected.ts';
import type { Selection } from './selection.ts';

/**
 * The values that a link looks at, each with the variable that it is of.
 *
 * Shape: arrays side by side of which the first `length` members count, so that clearing them costs nothing.
 */
export class Targets {
  length = 0;
  readonly names: string[] = [];
  /** null for a variable that is no collection. */
  readonly keys: (Bytes | null)[] = [];
  readonly entries: Inspected[] = [];

  push(name: string, key: Bytes | null, entry: Inspected): void {
    const at = this.length++;
    this.names[at] = name;
    this.keys[at] = key;
    this.entries[at] = entry;
  }

  /** Takes out what came of a variable so far. */
  remove(name: string, selection: Selection): void {
    const { length } = this;
    this.length = 0;
    for (let at = 0; at < length; at++) {
      const key = this.keys[at] as Bytes | null;
      if (this.names[at] === name && selection.takes(key)) continue;
      this.push(this.names[at] as string, key, this.entries[at] as Inspected);
    }
  }

  clear(): void {
    this.length = 0;
  }
}
