import type { BehaviourLimits, BehaviourRule, SeenRequest, WatchedClient } from '../../core/behaviour.ts';
import { countDistinct, markHash } from '../../lib/behaviour/distinct.ts';
import {
  type BehaviourTable,
  ENTRY,
  firstBehaviour,
  LABEL_BYTES,
  PANE,
  SEEN_WORDS,
} from './behaviour-table.ts';
import { WAYS } from './set-table.ts';

const encoder = new TextEncoder();
const SCOPE_BYTES = 32;
/** How far apart numbers are that still count as beside one another. */
const NEAR = 2;

/** Finds the entry of a hash in its set: its word index, or -1. Needs the lock of the set. */
export function findBehaviour(table: BehaviourTable, set: number, hash0: number, hash1: number): number {
  const { words } = table;
  const first = firstBehaviour(table, set);
  for (let entry = first; entry < first + WAYS * ENTRY.words; entry += ENTRY.words) {
    if (words[entry + ENTRY.hash + 1] === hash1 && words[entry + ENTRY.hash] === hash0) return entry;
  }
  return -1;
}

/**
 * Picks the place of a set that a new client may have: its word index, or -1 where all eight are blocked. Needs the lock.
 *
 * Safety: a blocked client is never forgotten before its time; others are, the one that is over first.
 */
export function findFreeBehaviour(table: BehaviourTable, set: number, nowS: number): number {
  const { words } = table;
  const first = firstBehaviour(table, set);
  let place = -1;
  for (let entry = first; entry < first + WAYS * ENTRY.words; entry += ENTRY.words) {
    if (words[entry + ENTRY.hash + 1] === 0) return entry;
    if ((words[entry + ENTRY.blockedUntilS] as number) > nowS) continue;
    const untilS = words[entry + ENTRY.liveUntilS] as number;
    if (place < 0 || untilS < (words[place + ENTRY.liveUntilS] as number)) place = entry;
  }
  return place;
}

/** Gives a place to a client, with nothing counted. The hash goes first and comes last. */
export function claimBehaviour(
  { words, bytes }: BehaviourTable,
  entry: number,
  { scope, label }: WatchedClient,
  hash: Int32Array,
): void {
  words[entry + ENTRY.hash + 1] = 0;
  words.fill(0, entry, entry + ENTRY.words);
  const at = (entry + ENTRY.label) * 4;
  const scopeBytes = encoder.encode(scope).subarray(0, SCOPE_BYTES);
  const labelBytes = encoder.encode(label).subarray(0, LABEL_BYTES - scopeBytes.length);
  bytes.set(scopeBytes, at);
  bytes.set(labelBytes, at + scopeBytes.length);
  words[entry + ENTRY.scopeLength] = scopeBytes.length;
  words[entry + ENTRY.labelLength] = labelBytes.length;
  words[entry + ENTRY.hash] = hash[0] as number;
  words[entry + ENTRY.hash + 1] = hash[1] as number;
}

/** Word index of the pane that is filled now; what is older than a window is emptied. */
function paneOf({ words }: BehaviourTable, entry: number, nowS: number, windowS: number): number {
  const number = Math.floor(nowS / Math.max(1, windowS / 2));
  const before = words[entry + ENTRY.pane] as number;
  const at = (pane: number): number => entry + ENTRY.panes + (pane & 1) * PANE.words;
  if (number !== before) {
    const isNext = number === before + 1;
    words.fill(0, at(number), at(number) + PANE.words);
    if (!isNext) words.fill(0, at(number + 1), at(number + 1) + PANE.words);
    words[entry + ENTRY.pane] = number;
  }
  return at(number);
}

function isStep({ words }: BehaviourTable, entry: number, { object }: SeenRequest): boolean {
  if (object.ordinal < 0) return false;
  const ordinal = object.ordinal % 0x7fff_ffff;
  const distance = Math.abs(ordinal - (words[entry + ENTRY.lastOrdinal] as number));
  const isSameKind = words[entry + ENTRY.lastTemplate] === object.template;
  words[entry + ENTRY.lastTemplate] = object.template;
  words[entry + ENTRY.lastOrdinal] = ordinal;
  return isSameKind && distance > 0 && distance <= NEAR;
}

/** Puts a request into the pane of now. Needs the lock. */
export function countBehaviour(
  table: BehaviourTable,
  entry: number,
  seen: SeenRequest,
  windowS: number,
  nowS: number,
): number {
  const { words, key0 } = table;
  const pane = paneOf(table, entry, nowS, windowS);
  const { object, outcome, isPrivileged } = seen;
  const refused = outcome === 'missing' || outcome === 'forbidden';
  if (object.object !== 0 && outcome !== 'other') {
    const hash = object.object ^ Math.imul(object.template, 31) ^ key0;
    const isNew = markHash(words, pane + PANE.asked, SEEN_WORDS.asked, hash);
    if (refused) markHash(words, pane + PANE.missing, SEEN_WORDS.missing, hash);
    if (isStep(table, entry, seen) && isNew) (words[pane + PANE.steps] as number)++;
  }
  if (outcome === 'forbidden' || isPrivileged)
    markHash(words, pane + PANE.probed, SEEN_WORDS.probed, object.template ^ key0);
  return pane;
}

/** What is above its limit now; each rule by how much it counted. Needs the lock. */
export function findingOf(
  { words }: BehaviourTable,
  entry: number,
  limits: BehaviourLimits,
  isDue: (rule: BehaviourRule) => boolean,
): { readonly rule: BehaviourRule; readonly count: number } | null {
  const [one, other] = [entry + ENTRY.panes, entry + ENTRY.panes + PANE.words];
  const count = (part: 'asked' | 'missing' | 'probed'): number =>
    countDistinct(words, one + PANE[part], other + PANE[part], SEEN_WORDS[part]);
  const { guessing, walking, probing, scraping } = limits;
  const asked = count('asked');
  const missing = count('missing');
  const probed = count('probed');
  const steps = (words[one + PANE.steps] as number) + (words[other + PANE.steps] as number);
  const isGuessing = asked > guessing.objects && missing * 100 >= asked * guessing.refusedPercent;
  if (isGuessing && isDue('guessing')) return { rule: 'guessing', count: asked };
  if (probed > probing.paths && isDue('probing')) return { rule: 'probing', count: probed };
  if (steps > walking.steps && isDue('walking')) return { rule: 'walking', count: steps };
  if (asked - missing > scraping.objects && isDue('scraping'))
    return { rule: 'scraping', count: asked - missing };
  return null;
}
