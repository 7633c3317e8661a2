import {
  BEHAVIOUR_RULES,
  type BehaviourRule,
  type BlockedClient,
  type BlockedClients,
} from '../../core/behaviour.ts';
import { type BehaviourTable, ENTRY, firstBehaviour, openBehaviourTable } from './behaviour-table.ts';
import { msOf, secondAt } from './login-table.ts';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';
import { WAYS } from './set-table.ts';

const PATIENCE = 1000;
/** Marks locks of the main thread, together with a number that grows. */
const MINE = 0x7fe0_0000;
let acquisitions = 0;

const decoder = new TextDecoder();

/** Opens the blocked clients of a behaviour table to the main thread. */
export function openBlockedClients(buffer: SharedArrayBuffer): BlockedClients {
  const table = openBehaviourTable(buffer);
  return {
    list(nowMs) {
      const nowS = secondAt(nowMs);
      const found: BlockedClient[] = [];
      visit(table, (entry) => {
        if (isBlocked(table, entry, nowS)) found.push(viewOf(table, entry));
      });
      return found.sort((a, b) => b.untilMs - a.untilMs);
    },
    unblock(label, nowMs) {
      const nowS = secondAt(nowMs);
      let ended = 0;
      visit(table, (entry, holds) => {
        if (viewOf(table, entry).client !== label || !holds()) return;
        if (isBlocked(table, entry, nowS)) ended++;
        table.words.fill(0, entry, entry + ENTRY.words);
      });
      return ended;
    },
  };
}

function isBlocked({ words }: BehaviourTable, entry: number, nowS: number): boolean {
  return (words[entry + ENTRY.blockedUntilS] as number) > nowS;
}

/** Visits every entry that is in use, each set under its lock. */
function visit(table: BehaviourTable, take: (entry: number, holds: () => boolean) => void): void {
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
      const first = firstBehaviour(table, set);
      for (let entry = first; entry < first + WAYS * ENTRY.words; entry += ENTRY.words) {
        if (words[entry + ENTRY.hash + 1] !== 0) take(entry, holds);
      }
    } finally {
      unlockAll(words, lock, 1, mine);
    }
  }
}

function viewOf({ words, bytes }: BehaviourTable, entry: number): BlockedClient {
  const at = (entry + ENTRY.label) * 4;
  const scopeEnd = at + (words[entry + ENTRY.scopeLength] as number);
  const labelEnd = scopeEnd + (words[entry + ENTRY.labelLength] as number);
  return {
    scope: decoder.decode(bytes.slice(at, scopeEnd)),
    client: decoder.decode(bytes.slice(scopeEnd, labelEnd)),
    rule: BEHAVIOUR_RULES[words[entry + ENTRY.rule] as number] as BehaviourRule,
    untilMs: msOf(words[entry + ENTRY.blockedUntilS] as number),
  };
}
