import { type Ip, maskOf } from './address.ts';
import type { Cidr } from './cidr.ts';

/** IPv4 networks live below this depth, because their addresses carry the mapped prefix in front. */
const IPV4_OFFSET = 96;

/** A prefix in the trie. Shape: signed words and masks, so that they stay small integers. */
class Node<T> {
  readonly bits: number;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
  readonly m3: number;
  zero: Node<T> | null;
  one: Node<T> | null;
  /** Whether this prefix was inserted, or only separates two that were. */
  filled: boolean;
  value: T | null;

  constructor(words: Ip['words'], bits: number) {
    this.bits = bits;
    this.m0 = maskOf(bits);
    this.m1 = maskOf(bits - 32);
    this.m2 = maskOf(bits - 64);
    this.m3 = maskOf(bits - 96);
    this.w0 = words[0] & this.m0;
    this.w1 = words[1] & this.m1;
    this.w2 = words[2] & this.m2;
    this.w3 = words[3] & this.m3;
    this.zero = null;
    this.one = null;
    this.filled = false;
    this.value = null;
  }
}

/**
 * Networks with a value each; finds the longest one that holds an address.
 *
 * Shape: two path-compressed binary tries, because 0.0.0.0/0 must not match IPv6, nor ::/0 IPv4.
 * Cost: `find` visits at most one node per distinct prefix length on the way and allocates nothing.
 */
export class CidrTrie<T> {
  #ipv4: Node<T> | null = null;
  #ipv6: Node<T> | null = null;
  #size = 0;

  /** Number of distinct networks. */
  get size(): number {
    return this.#size;
  }

  /** Adds a network; the value of one that is there already is replaced. */
  insert(cidr: Cidr, value: T): void {
    const ipv4 = cidr.ip.family === 4;
    const leaf = new Node<T>(cidr.ip.words, ipv4 ? cidr.bits + IPV4_OFFSET : cidr.bits);
    leaf.filled = true;
    leaf.value = value;
    if (ipv4) this.#ipv4 = this.#merge(this.#ipv4, leaf);
    else this.#ipv6 = this.#merge(this.#ipv6, leaf);
  }

  /** The value of the longest network that holds the address, or null. */
  find(ip: Ip): T | null {
    const words = ip.words;
    const w0 = words[0] | 0;
    const w1 = words[1] | 0;
    const w2 = words[2] | 0;
    const w3 = words[3] | 0;
    let best: T | null = null;
    let node = ip.family === 4 ? this.#ipv4 : this.#ipv6;
    while (node !== null) {
      const differs =
        ((w0 ^ node.w0) & node.m0) |
        ((w1 ^ node.w1) & node.m1) |
        ((w2 ^ node.w2) & node.m2) |
        ((w3 ^ node.w3) & node.m3);
      if (differs !== 0) return best;
      if (node.filled) best = node.value;
      const bits = node.bits;
      const word = bits < 64 ? (bits < 32 ? w0 : w1) : bits < 96 ? w2 : w3;
      node = word << (bits & 31) < 0 ? node.one : node.zero;
    }
    return best;
  }

  /** Puts a leaf below `top` and returns the new top. */
  #merge(top: Node<T> | null, leaf: Node<T>): Node<T> {
    let parent: Node<T> | null = null;
    let node = top;
    while (node !== null && node.bits < leaf.bits && commonBits(node, leaf) === node.bits) {
      parent = node;
      node = bitAt(leaf, node.bits) ? node.one : node.zero;
    }
    if (node !== null && node.bits === leaf.bits && commonBits(node, leaf) === leaf.bits) {
      if (!node.filled) this.#size++;
      node.filled = true;
      node.value = leaf.value;
      return top as Node<T>;
    }
    this.#size++;
    const below = node === null ? leaf : joined(node, leaf);
    if (parent === null) return below;
    attach(parent, below);
    return top as Node<T>;
  }
}

/** The smallest subtree that holds both: the leaf above the node, or a new branch above both. */
function joined<T>(node: Node<T>, leaf: Node<T>): Node<T> {
  const common = commonBits(node, leaf);
  if (common === leaf.bits) {
    attach(leaf, node);
    return leaf;
  }
  const branch = new Node<T>([leaf.w0, leaf.w1, leaf.w2, leaf.w3], common);
  attach(branch, node);
  attach(branch, leaf);
  return branch;
}

function attach<T>(parent: Node<T>, child: Node<T>): void {
  if (bitAt(child, parent.bits)) parent.one = child;
  else parent.zero = child;
}

function bitAt<T>(node: Node<T>, at: number): boolean {
  const word = at < 64 ? (at < 32 ? node.w0 : node.w1) : at < 96 ? node.w2 : node.w3;
  return word << (at & 31) < 0;
}

/** How many leading bits two prefixes share, at most as many as the shorter one has. */
function commonBits<T>(a: Node<T>, b: Node<T>): number {
  let common = 96 + Math.clz32(a.w3 ^ b.w3);
  if (a.w0 !== b.w0) common = Math.clz32(a.w0 ^ b.w0);
  else if (a.w1 !== b.w1) common = 32 + Math.clz32(a.w1 ^ b.w1);
  else if (a.w2 !== b.w2) common = 64 + Math.clz32(a.w2 ^ b.w2);
  return Math.min(common, a.bits, b.bits);
}
