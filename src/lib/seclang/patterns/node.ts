import { ByteSet } from './byte-set.ts';

/** What holds between two bytes. */
export type Assertion =
  /** `\A`, `\G`, and `^` without `m`. */
  | 'start'
  /** `\z`, and `$` without `m`. */
  | 'end'
  /** `\Z`. */
  | 'end or last newline'
  /** `^` with `m`. */
  | 'start of line'
  /** `$` with `m`. */
  | 'end of line'
  | 'word boundary'
  | 'no word boundary';

/**
 * A pattern taken apart.
 *
 * Shape: case, `.` and classes are resolved: what matches one byte is its set, whatever flags held.
 */
export type PatternNode =
  | { readonly kind: 'bytes'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | RepeatNode
  | { readonly kind: 'capture'; readonly index: number; readonly node: PatternNode }
  | { readonly kind: 'atomic'; readonly node: PatternNode }
  | LookNode
  | { readonly kind: 'assertion'; readonly what: Assertion }
  | { readonly kind: 'backreference'; readonly index: number; readonly anyCase: boolean };

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly node: PatternNode;
  readonly min: number;
  /** Infinity for no end. */
  readonly max: number;
  readonly isLazy: boolean;
}

export interface LookNode {
  readonly kind: 'look';
  readonly isBehind: boolean;
  readonly isNegated: boolean;
  readonly node: PatternNode;
}

/** A whole pattern. */
export interface Pattern {
  readonly node: PatternNode;
  /** How many groups capture, the whole match not counted. */
  readonly captures: number;
}

/** Matches the empty string. */
export const EMPTY: PatternNode = { kind: 'sequence', nodes: [] };

export function bytesNode(...codes: number[]): PatternNode {
  return { kind: 'bytes', set: ByteSet.of(...codes) };
}

export function sequenceOf(nodes: readonly PatternNode[]): PatternNode {
  return nodes.length === 1 ? (nodes[0] as PatternNode) : { kind: 'sequence', nodes };
}

export function choiceOf(nodes: readonly PatternNode[]): PatternNode {
  return nodes.length === 1 ? (nodes[0] as PatternNode) : { kind: 'choice', nodes };
}

/** The nodes right inside a node. */
export function childrenOf(node: PatternNode): readonly PatternNode[] {
  switch (node.kind) {
    case 'sequence':
    case 'choice':
      return node.nodes;
    case 'repeat':
    case 'capture':
    case 'atomic':
    case 'look':
      return [node.node];
    default:
      return [];
  }
}

/** Whether something holds of a node or of one inside it. */
export function someNode(node: PatternNode, holds: (node: PatternNode) => boolean): boolean {
  return holds(node) || childrenOf(node).some((child) => someNode(child, holds));
}

/** How many bytes at least a match has; of a back reference none are known. */
export function minLength(node: PatternNode): number {
  switch (node.kind) {
    case 'bytes':
      return 1;
    case 'sequence':
      return node.nodes.reduce((sum, child) => sum + minLength(child), 0);
    case 'choice':
      return Math.min(...node.nodes.map(minLength));
    case 'repeat':
      return node.min === 0 ? 0 : node.min * minLength(node.node);
    case 'capture':
    case 'atomic':
      return minLength(node.node);
    default:
      return 0;
  }
}

/** How many bytes at most a match has; Infinity for no bound. */
export function maxLength(node: PatternNode): number {
  switch (node.kind) {
    case 'bytes':
      return 1;
    case 'sequence':
      return node.nodes.reduce((sum, child) => sum + maxLength(child), 0);
    case 'choice':
      return Math.max(...node.nodes.map(maxLength));
    case 'repeat': {
      const once = maxLength(node.node);
      return once === 0 || node.max === 0 ? 0 : node.max * once;
    }
    case 'capture':
    case 'atomic':
      return maxLength(node.node);
    case 'backreference':
      return Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}
