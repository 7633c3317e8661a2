import {
  BEHAVIOUR_RULES,
  type BehaviourRule,
  type BlockedClient,
  type BlockedClients,
} from '../../core/behaviour.ts';
import { type BehaviourTable, ENTRY, openBehaviourTable } from './behaviour-table.ts';
import { msOf, secondAt } from './login-table.ts';
import { visitEntries } from './visit-entries.ts';

const decoder = new TextDecoder();

/** Opens the blocked clients of a behaviour table to the main thread. */
export function openBlockedClients(buffer: SharedArrayBuffer): BlockedClients {
  const table = openBehaviourTable(buffer);
  return {
    list(nowMs) {
      const nowS = secondAt(nowMs);
      const found: BlockedClient[] = [];
      visitEntries(table, ENTRY, (entry) => {
        if (isBlocked(table, entry, nowS)) found.push(viewOf(table, entry));
      });
      return found.sort((a, b) => b.untilMs - a.untilMs);
    },
    unblock(label, nowMs) {
      const nowS = secondAt(nowMs);
      let ended = 0;
      visitEntries(table, ENTRY, (entry, holds) => {
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
