import type { Bytes } from '../bytes.ts';
import { tellingPart } from './literal-choice.ts';
import { LiteralTrie } from './literal-trie.ts';
import { type PackedLists, packLists } from './packed-lists.ts';

/** Lengths to which literals are cut, the best first: the first whose table is small enough is taken. */
const LONGEST_PARTS = [8, 6, 5, 4, 3, 2];
/** Entries of the table of transitions: 2 MiB. */
const MAX_ENTRIES = 1 << 20;
/** Kinds of bytes that are told apart; a row of the table is as long as the next power of two. */
const MAX_KINDS = 64;

/**
 * Finds literals in bytes without regard to ASCII case: one look-up for every byte.
 *
 * Shape: states are numbers; the row of state `s` in `next` begins at `s << shift`, with a place for each kind of byte. In
 * the states from `firstHit` on something was found: what `found` lists for the state, and what was found in the state that
 * `also` names, down to 0.
 */
export interface Automaton {
  readonly kindOf: Uint8Array;
  readonly shift: number;
  readonly next: Uint16Array;
  readonly firstHit: number;
  /** By state less the first that hits: labels of the literals that end there. */
  readonly found: PackedLists;
  /** By the same number: the state of the longest shorter literal that ends there as well; 0 for none. */
  readonly also: Uint16Array;
}

/**
 * Which kind each byte is of; kind 0 is what no literal holds.
 *
 * Safety: bytes that are rare in literals share a kind, so that one is taken for another: more is found, never less.
 */
function kindsOf(literals: readonly Bytes[]): { kindOf: Uint8Array; kinds: number } {
  const counts = new Map<number, number>();
  for (const literal of literals)
    for (let at = 0; at < literal.length; at++) {
      const byte = literal.charCodeAt(at);
      counts.set(byte, (counts.get(byte) ?? 0) + 1);
    }
  const bytes = [...counts].sort((one, other) => other[1] - one[1]).map(([byte]) => byte);
  const kindOf = new Uint8Array(256);
  for (let rank = 0; rank < bytes.length; rank++)
    kindOf[bytes[rank] as number] = Math.min(rank + 1, MAX_KINDS - 1);
  for (let upper = 0x41; upper <= 0x5a; upper++) kindOf[upper] = kindOf[upper + 0x20] as number;
  return { kindOf, kinds: Math.min(bytes.length + 1, MAX_KINDS) };
}

/** A literal with the kind of each byte in its place. */
function asKinds(literal: Bytes, kindOf: Uint8Array): Bytes {
  let kinds = '';
  for (let at = 0; at < literal.length; at++)
    kinds += String.fromCharCode(kindOf[literal.charCodeAt(at)] as number);
  return kinds;
}

interface Parts {
  readonly trie: LiteralTrie;
  readonly parts: readonly Bytes[];
  readonly kindOf: Uint8Array;
  readonly shift: number;
}

/** The trie of the longest parts for which the table stays small. */
function partsOf(literals: readonly Bytes[]): Parts {
  let smallest: Parts | null = null;
  for (const longest of LONGEST_PARTS) {
    const cut = literals.map((literal) => tellingPart(literal, longest));
    const { kindOf, kinds } = kindsOf(cut);
    const parts = cut.map((part) => asKinds(part, kindOf));
    smallest = { trie: new LiteralTrie(parts), parts, kindOf, shift: Math.ceil(Math.log2(kinds)) };
    if (smallest.trie.size << smallest.shift <= MAX_ENTRIES) break;
  }
  // With two bytes of 64 kinds there are no more than 4,161 states.
  return smallest as Parts;
}

/** Makes an automaton of literals, which are in lower case, and of the labels of each. */
export function compileAutomaton(literals: ReadonlyMap<Bytes, readonly number[]>): Automaton {
  const { trie, parts, kindOf, shift } = partsOf([...literals.keys()]);
  const labels = labelsByNode(trie, parts, [...literals.values()]);
  const nodes = trie.nodesByDepth();
  const isHit = (node: number): boolean => trie.isEnd(node) || trie.hasShorter(node);
  const hits = [...nodes.filter(isHit)];
  const states = new Uint16Array(trie.size);
  const ordered = [...nodes.filter((node) => !isHit(node)), ...hits];
  for (let state = 0; state < ordered.length; state++) states[ordered[state] as number] = state;
  return {
    kindOf,
    shift,
    next: transitions(trie, nodes, states, shift),
    firstHit: ordered.length - hits.length,
    found: packLists(hits.map((node) => labels.get(node) ?? [])),
    also: Uint16Array.from(hits, (node) => states[shorterHit(trie, node)] as number),
  };
}

function labelsByNode(
  trie: LiteralTrie,
  parts: readonly Bytes[],
  labels: readonly (readonly number[])[],
): ReadonlyMap<number, ReadonlySet<number>> {
  const byNode = new Map<number, Set<number>>();
  for (let index = 0; index < parts.length; index++) {
    let node = 0;
    const part = parts[index] as Bytes;
    for (let at = 0; at < part.length; at++) node = trie.child(node, part.charCodeAt(at));
    const known = byNode.get(node) ?? new Set();
    byNode.set(node, known);
    for (const label of labels[index] as readonly number[]) known.add(label);
  }
  return byNode;
}

/** The node of the longest literal that ends where a longer path does; 0 for none. */
function shorterHit(trie: LiteralTrie, node: number): number {
  let fail = trie.failOf(node);
  while (fail !== 0 && !trie.isEnd(fail)) fail = trie.failOf(fail);
  return fail;
}

/** The row of every node: that of its longest suffix, with its own children put in. */
function transitions(trie: LiteralTrie, nodes: Int32Array, states: Uint16Array, shift: number): Uint16Array {
  const next = new Uint16Array(trie.size << shift);
  for (const node of nodes) {
    const row = (states[node] as number) << shift;
    const fail = (states[trie.failOf(node)] as number) << shift;
    if (node !== 0) next.copyWithin(row, fail, fail + (1 << shift));
    for (let kind = 1; kind < 1 << shift; kind++) {
      const child = trie.child(node, kind);
      if (child >= 0) next[row + kind] = states[child] as number;
    }
  }
  return next;
}
