import { isLocked, lockAll, unlockAll } from './set-lock.ts';
import { type SetTable, WAYS } from './set-table.ts';

const PATIENCE = 1000;
/** Marks locks of the main thread, together with a number that grows. */
const MINE = 0x7fe0_0000;
let acquisitions = 0;

/** How entries lie in a table: words of each, and where their two words of hash are, the second 0 in a free place. */
export interface EntryLayout {
  readonly words: number;
  readonly hash: number;
}

/** Takes one entry, by its word index; `holds` tells whether its lock is still held, before anything is written. */
export type TakeEntry = (entry: number, holds: () => boolean) => void;

/** Visits every entry of a table that is in use, each set under its lock; for the main thread. */
export function visitEntries(table: SetTable, layout: EntryLayout, take: TakeEntry): void {
  const { words } = table;
  const lock = new Int32Array(1);
  let mine = MINE;
  const holds = (): boolean => isLocked(words, lock, 1, mine);
  for (let set = 0; set < table.sets; set++) {
    lock[0] = table.locksAt + set;
    acquisitions = (acquisitions + 1) & 0xfffff;
    mine = MINE | acquisitions;
    lockAll(words, lock, 1, mine, PATIENCE);
    try {
      const first = table.entriesAt + set * WAYS * layout.words;
      for (let entry = first; entry < first + WAYS * layout.words; entry += layout.words) {
        if (words[entry + layout.hash + 1] !== 0) take(entry, holds);
      }
    } finally {
      unlockAll(words, lock, 1, mine);
    }
  }
}
