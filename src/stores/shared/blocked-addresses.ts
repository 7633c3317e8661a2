import type { BlockedAddress, BlockedAddresses } from '../../core/logins.ts';
import { formatIp, type Ip, ipv4Of, ipv6Of, networkOf, prefixOf, widthOf } from '../../lib/ip/address.ts';
import { isBlocked } from './login-entries.ts';
import { ENTRY, type LoginTable, msOf, openLoginTable } from './login-table.ts';
import { CAUSES } from './shared-logins.ts';
import { visitEntries } from './visit-entries.ts';

const decoder = new TextDecoder();

/** Opens the blocked addresses of a login table to the main thread. */
export function openBlockedAddresses(buffer: SharedArrayBuffer): BlockedAddresses {
  const table = openLoginTable(buffer);
  return {
    list(nowMs) {
      const found: BlockedAddress[] = [];
      visitEntries(table, ENTRY, (entry) => {
        if (isBlocked(table, entry, nowMs)) found.push(viewOf(table, entry));
      });
      return found.sort((a, b) => b.untilMs - a.untilMs);
    },
    unblock(address, nowMs) {
      let ended = 0;
      visitEntries(table, ENTRY, (entry, holds) => {
        if (!isInside(table, entry, address) || !holds()) return;
        if (isBlocked(table, entry, nowMs)) ended++;
        table.words.fill(0, entry, entry + ENTRY.words);
      });
      return ended;
    },
  };
}

function addressOf({ words }: LoginTable, entry: number): Ip {
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words.subarray(entry + ENTRY.address, entry + ENTRY.address + 4);
  return words[entry + ENTRY.family] === 4 ? ipv4Of(w3) : ipv6Of(w0, w1, w2, w3);
}

function isInside(table: LoginTable, entry: number, address: Ip): boolean {
  const counted = addressOf(table, entry);
  if (counted.family !== address.family) return false;
  const network = networkOf(address, table.words[entry + ENTRY.bits] as number);
  return network.words.every((word, at) => word === counted.words[at]);
}

function viewOf(table: LoginTable, entry: number): BlockedAddress {
  const { words, bytes } = table;
  const address = addressOf(table, entry);
  const bits = words[entry + ENTRY.bits] as number;
  const realmAt = 4 * (entry + ENTRY.realm);
  const length = words[entry + ENTRY.realmLength] as number;
  return {
    realm: decoder.decode(bytes.slice(realmAt, realmAt + length)),
    address: bits === widthOf(address.family) ? formatIp(address) : prefixOf(address, bits),
    cause: CAUSES[words[entry + ENTRY.cause] as number] as BlockedAddress['cause'],
    untilMs: msOf(words[entry + ENTRY.blockedUntilS] as number),
  };
}
