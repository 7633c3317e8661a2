import type { Bytes } from '../bytes.ts';

const NONE = -1;

/**
 * Literals as a trie whose nodes know where to go on when a byte does not fit (Aho and Corasick).
 *
 * Shape: nodes are numbers, 0 the root; edges lie in an open hash table of node and byte, because most nodes have one.
 * Units: literals are bytes as they are compared, so in lower case where case does not matter.
 */
export class LiteralTrie {
  /** Of each node: the literal that made it first, and how much of it leads here. */
  #makers: number[] = [0];
  #depths: number[] = [0];
  /** Of each node: the node of its longest proper suffix. */
  #fails = new Int32Array(0);
  /** Of each node: whether a literal ends here, and whether one does that is shorter than its path. */
  #isEnd: boolean[] = [false];
  #hasShorter = new Uint8Array(0);
  #edgeKeys = new Int32Array(64).fill(NONE);
  #edgeNodes = new Int32Array(64);

  /** Makes the trie of all literals; empty ones are left out. */
  constructor(literals: readonly Bytes[]) {
    for (let index = 0; index < literals.length; index++) this.#add(literals[index] as Bytes, index);
    this.#link();
  }

  get size(): number {
    return this.#depths.length;
  }

  /** Which literal made a node, and how many of its bytes lead to it. */
  makerOf(node: number): number {
    return this.#makers[node] as number;
  }

  depthOf(node: number): number {
    return this.#depths[node] as number;
  }

  isEnd(node: number): boolean {
    return this.#isEnd[node] as boolean;
  }

  hasShorter(node: number): boolean {
    return this.#hasShorter[node] === 1;
  }

  failOf(node: number): number {
    return this.#fails[node] as number;
  }

  /** The node one byte further; -1 where there is none. */
  child(node: number, byte: number): number {
    const key = node * 256 + byte;
    const mask = this.#edgeKeys.length - 1;
    let slot = slotOf(key, mask);
    while (this.#edgeKeys[slot] !== NONE) {
      if (this.#edgeKeys[slot] === key) return this.#edgeNodes[slot] as number;
      slot = (slot + 1) & mask;
    }
    return NONE;
  }

  #add(literal: Bytes, index: number): void {
    if (literal === '') return;
    let node = 0;
    for (let at = 0; at < literal.length; at++) {
      const byte = literal.charCodeAt(at);
      const next = this.child(node, byte);
      node = next === NONE ? this.#grow(node, byte, index) : next;
    }
    this.#isEnd[node] = true;
  }

  #grow(parent: number, byte: number, maker: number): number {
    const node = this.size;
    this.#makers.push(maker);
    this.#depths.push((this.#depths[parent] as number) + 1);
    this.#isEnd.push(false);
    if (node * 2 > this.#edgeKeys.length) this.#rehash();
    this.#put(parent * 256 + byte, node);
    return node;
  }

  #put(key: number, node: number): void {
    const mask = this.#edgeKeys.length - 1;
    let slot = slotOf(key, mask);
    while (this.#edgeKeys[slot] !== NONE) slot = (slot + 1) & mask;
    this.#edgeKeys[slot] = key;
    this.#edgeNodes[slot] = node;
  }

  #rehash(): void {
    const [keys, nodes] = [this.#edgeKeys, this.#edgeNodes];
    this.#edgeKeys = new Int32Array(keys.length * 2).fill(NONE);
    this.#edgeNodes = new Int32Array(keys.length * 2);
    for (let slot = 0; slot < keys.length; slot++)
      if (keys[slot] !== NONE) this.#put(keys[slot] as number, nodes[slot] as number);
  }

  /** Nodes by depth, each with its parent and byte, so that suffixes are known before they are needed. */
  #link(): void {
    const parents = new Int32Array(this.size);
    const bytes = new Uint8Array(this.size);
    for (let slot = 0; slot < this.#edgeKeys.length; slot++) {
      const key = this.#edgeKeys[slot] as number;
      if (key === NONE) continue;
      parents[this.#edgeNodes[slot] as number] = key >> 8;
      bytes[this.#edgeNodes[slot] as number] = key & 0xff;
    }
    this.#fails = new Int32Array(this.size);
    this.#hasShorter = new Uint8Array(this.size);
    for (const node of this.nodesByDepth()) {
      if (node === 0) continue;
      const fail = this.#suffixOf(parents[node] as number, bytes[node] as number);
      this.#fails[node] = fail;
      this.#hasShorter[node] = this.isEnd(fail) || this.hasShorter(fail) ? 1 : 0;
    }
  }

  #suffixOf(parent: number, byte: number): number {
    let from = parent;
    while (from !== 0) {
      from = this.failOf(from);
      const next = this.child(from, byte);
      if (next !== NONE) return next;
    }
    return 0;
  }

  /** Every node, the root first, none before one that is nearer to the root. */
  nodesByDepth(): Int32Array {
    let deepest = 0;
    for (const depth of this.#depths) if (depth > deepest) deepest = depth;
    const next = new Int32Array(deepest + 2);
    for (const depth of this.#depths) next[depth + 1] = (next[depth + 1] as number) + 1;
    for (let depth = 1; depth < next.length; depth++)
      next[depth] = (next[depth] as number) + (next[depth - 1] as number);
    const nodes = new Int32Array(this.size);
    for (let node = 0; node < this.size; node++) {
      const depth = this.depthOf(node);
      nodes[next[depth] as number] = node;
      next[depth] = (next[depth] as number) + 1;
    }
    return nodes;
  }
}

function slotOf(key: number, mask: number): number {
  const mixed = Math.imul(key, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) & mask;
}
