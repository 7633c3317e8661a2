import { ALL_BYTES, ByteSet } from './byte-set.ts';
import type { PatternNode } from './node.ts';

/** With which bytes a match of a node can begin, and whether it can be empty. */
export interface Beginning {
  readonly first: ByteSet;
  readonly canBeEmpty: boolean;
}

const NOTHING: Beginning = { first: new ByteSet(), canBeEmpty: true };

export function beginningOf(node: PatternNode): Beginning {
  switch (node.kind) {
    case 'bytes':
      return { first: node.set, canBeEmpty: false };
    case 'sequence':
      return node.nodes.reduceRight<Beginning>((rest, child) => before(beginningOf(child), rest), NOTHING);
    case 'choice':
      return node.nodes.map(beginningOf).reduce(either);
    case 'repeat': {
      const once = beginningOf(node.node);
      return node.min === 0 ? { first: once.first, canBeEmpty: true } : once;
    }
    case 'capture':
    case 'atomic':
      return beginningOf(node.node);
    case 'backreference':
      return { first: ALL_BYTES, canBeEmpty: true };
    default:
      return NOTHING;
  }
}

/** One part and then the rest. */
export function before(part: Beginning, rest: Beginning): Beginning {
  if (!part.canBeEmpty) return part;
  return { first: union(part.first, rest.first), canBeEmpty: rest.canBeEmpty };
}

function either(one: Beginning, other: Beginning): Beginning {
  return { first: union(one.first, other.first), canBeEmpty: one.canBeEmpty || other.canBeEmpty };
}

export function union(one: ByteSet, other: ByteSet): ByteSet {
  const set = new ByteSet();
  set.addAll(one);
  set.addAll(other);
  return set;
}

/** The sets of bytes that all matches of a node begin with, one after another, as far as there is just one for each place. */
export function prefixOf(node: PatternNode, most: number): readonly ByteSet[] {
  if (node.kind === 'bytes') return [node.set];
  if (node.kind === 'capture' || node.kind === 'atomic') return prefixOf(node.node, most);
  if (node.kind === 'repeat') return node.min > 0 ? prefixOf(node.node, most) : [];
  if (node.kind !== 'sequence') return [];
  const sets: ByteSet[] = [];
  for (const child of node.nodes) {
    const ofChild = prefixOf(child, most);
    sets.push(...ofChild);
    const isWhole = child.kind === 'bytes' || child.kind === 'assertion' || child.kind === 'look';
    if (!isWhole || sets.length >= most) break;
  }
  return sets.slice(0, most);
}
