import { createSetTable, openSetTable, type SetTable, type TableKind, WAYS } from './set-table.ts';

/** Words of the bitmaps of one pane: a pane is half a window. */
export const SEEN_WORDS = { asked: 64, missing: 32, probed: 8 } as const;

/** Where the parts of a pane lie, in words from its start. */
export const PANE = {
  asked: 0,
  missing: SEEN_WORDS.asked,
  probed: SEEN_WORDS.asked + SEEN_WORDS.missing,
  /** Steps from one number to one beside it. */
  steps: SEEN_WORDS.asked + SEEN_WORDS.missing + SEEN_WORDS.probed,
  words: SEEN_WORDS.asked + SEEN_WORDS.missing + SEEN_WORDS.probed + 1,
} as const;

const LABEL_AT = 16;
const LABEL_WORDS = 24;
const PANES_AT = LABEL_AT + LABEL_WORDS;

/** Where the parts of an entry lie, in words from its start. */
export const ENTRY = {
  /** Two words; the second is 0 in a free place and never otherwise. */
  hash: 0,
  /** 0: not blocked. */
  blockedUntilS: 2,
  /** Position in `BEHAVIOUR_RULES` of what blocks it. */
  rule: 3,
  /** From when on nothing of the entry counts any more. */
  liveUntilS: 4,
  /** Number of the newer pane: seconds since 2020 by half a window. */
  pane: 5,
  /** Template and number of the last object with a number. */
  lastTemplate: 6,
  lastOrdinal: 7,
  /** One word for each rule: until when it is told already. */
  toldUntilS: 8,
  /** Bytes of scope and of label, and then both. */
  scopeLength: 12,
  labelLength: 13,
  label: LABEL_AT,
  panes: PANES_AT,
  words: Math.ceil((PANES_AT + 2 * PANE.words) / 16) * 16,
} as const;

/** Bytes that scope and label have together. */
export const LABEL_BYTES = LABEL_WORDS * 4;

const KIND: TableKind = { name: 'behaviour', magic: 0x50424831, entryWords: ENTRY.words };

/** A table of clients and what they did as one thread sees it. Moments are seconds as `secondAt` makes them. */
export interface BehaviourTable extends SetTable {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** Makes the memory of a behaviour table for all threads; a KiB per client, which the system provides as it is used. */
export function createBehaviourTable(options: { readonly clients: number }): SharedArrayBuffer {
  return createSetTable(KIND, options.clients, { count: options.clients, what: 'clients' });
}

/** Looks into the memory that `createBehaviourTable` made; throws TypeError for any other. */
export function openBehaviourTable(buffer: SharedArrayBuffer): BehaviourTable {
  return { ...openSetTable(KIND, buffer), bytes: new Uint8Array(buffer) };
}

/** Word index of the first entry of a set. */
export function firstBehaviour(table: BehaviourTable, set: number): number {
  return table.entriesAt + set * WAYS * ENTRY.words;
}
