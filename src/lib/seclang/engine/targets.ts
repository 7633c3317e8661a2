import type { Bytes } from '../bytes.ts';
import type { Inspected } from './inspected.ts';
import type { Selection } from './selection.ts';

/** The values that a link looks at, each with the variable that it is of. */
export class Targets {
  readonly names: string[] = [];
  /** null for a variable that is no collection. */
  readonly keys: (Bytes | null)[] = [];
  readonly entries: Inspected[] = [];

  get length(): number {
    return this.entries.length;
  }

  push(name: string, key: Bytes | null, entry: Inspected): void {
    this.names.push(name);
    this.keys.push(key);
    this.entries.push(entry);
  }

  /** Takes out what came of a variable so far. */
  remove(name: string, selection: Selection): void {
    let kept = 0;
    for (let at = 0; at < this.entries.length; at++) {
      const key = this.keys[at] as Bytes | null;
      if (this.names[at] === name && selection.takes(key)) continue;
      this.names[kept] = this.names[at] as string;
      this.keys[kept] = key;
      this.entries[kept] = this.entries[at] as Inspected;
      kept++;
    }
    this.names.length = kept;
    this.keys.length = kept;
    this.entries.length = kept;
  }

  clear(): void {
    this.names.length = 0;
    this.keys.length = 0;
    this.entries.length = 0;
  }
}
