import type { ByteSet } from './byte-set.ts';
import { beginningOf, prefixOf, union } from './first-bytes.ts';
import { minLength, type Pattern, type PatternNode, type RepeatNode, someNode } from './node.ts';

/** In how many ways at most a part of a pattern matches the bytes in front of one place: factor × length ^ degree. */
interface Ways {
  readonly factor: number;
  readonly degree: number;
  /** Whether there is a loop that can only go one way, but may go far. */
  readonly scans: boolean;
}

const ONE: Ways = { factor: 1, degree: 0, scans: false };
const ENDLESS: Ways = { factor: 1, degree: Number.POSITIVE_INFINITY, scans: true };
/** How far branches of a choice are compared. */
const MAX_PREFIX = 12;
/** Rounds of a counted repeat that are no mere constant. */
const MANY_ROUNDS = 16;

/**
 * How many steps at most an engine that backtracks takes for a value: factor × length ^ degree.
 *
 * Safety: never less than it is; where two ways may match the same bytes, they count as two. An infinite degree says that
 * no bound is known.
 */
export function backtrackingBound(pattern: Pattern): { readonly factor: number; readonly degree: number } {
  const ways = waysOf(pattern.node, NO_BYTES);
  const starts = isAnchored(pattern.node) ? 0 : 1;
  // Where no match begins inside of what loops take, few starts come past any one byte.
  const scans = ways.scans && (starts === 0 || ways.degree > 0 || canBeginInLoop(pattern.node)) ? 1 : 0;
  return { factor: ways.factor, degree: ways.degree + starts + scans };
}

function canBeginInLoop(root: PatternNode): boolean {
  const { first, canBeEmpty } = beginningOf(root);
  const isBegun = (node: PatternNode): boolean => node.kind === 'bytes' && node.set.meets(first);
  return canBeEmpty || someNode(root, (node) => isEndless(node) && someNode(node, isBegun));
}

const isEndless = (node: PatternNode): boolean =>
  node.kind === 'backreference' || (node.kind === 'repeat' && node.max === Number.POSITIVE_INFINITY);

/** The longest value whose bound is not above a number of steps. */
export function longestWithin(pattern: Pattern, steps: number): number {
  const { factor, degree } = backtrackingBound(pattern);
  if (degree === Number.POSITIVE_INFINITY || factor > steps) return 0;
  return degree === 0 ? steps : Math.floor((steps / factor) ** (1 / degree));
}

const NO_BYTES: ByteSet = beginningOf({ kind: 'sequence', nodes: [] }).first;

/** Whether a match can only begin where the value does. */
function isAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.what === 'start';
    case 'sequence':
      return node.nodes.length > 0 && isAnchored(node.nodes[0] as PatternNode);
    case 'choice':
      return node.nodes.every(isAnchored);
    case 'capture':
    case 'atomic':
      return isAnchored(node.node);
    default:
      return false;
  }
}

/** @param follow the bytes that can come behind the node. */
function waysOf(node: PatternNode, follow: ByteSet): Ways {
  switch (node.kind) {
    case 'sequence':
      return ofSequence(node.nodes, follow);
    case 'choice':
      return ofChoice(node.nodes, follow);
    case 'repeat':
      return ofRepeat(node, follow);
    case 'capture':
    case 'atomic':
    case 'look':
      return waysOf(node.node, follow);
    default:
      return ONE;
  }
}

function ofSequence(nodes: readonly PatternNode[], follow: ByteSet): Ways {
  let ways = ONE;
  let behind = follow;
  for (const node of nodes.toReversed()) {
    ways = times(ways, waysOf(node, behind));
    const { first, canBeEmpty } = beginningOf(node);
    behind = canBeEmpty ? union(first, behind) : first;
  }
  return ways;
}

function ofChoice(nodes: readonly PatternNode[], follow: ByteSet): Ways {
  const each = nodes.map((node) => waysOf(node, follow));
  const overlaps = nodes.map(
    (node, at) => nodes.slice(0, at).filter((other) => canBoth(node, other, follow)).length,
  );
  // Branches that can match at the same place add up; of the others there is one at a time.
  const together = 1 + Math.max(...overlaps);
  const most = each.reduce(larger);
  return { ...most, factor: most.factor * together };
}

/** Whether two branches can match at one place. */
function canBoth(one: PatternNode, other: PatternNode, follow: ByteSet): boolean {
  const [a, b] = [prefixOf(one, MAX_PREFIX), prefixOf(other, MAX_PREFIX)];
  if (a.some((set, at) => b[at] !== undefined && !set.meets(b[at]))) return false;
  return firstWith(one, follow).meets(firstWith(other, follow));
}

function firstWith(node: PatternNode, follow: ByteSet): ByteSet {
  const { first, canBeEmpty } = beginningOf(node);
  return canBeEmpty ? union(first, follow) : first;
}

function ofRepeat(repeat: RepeatNode, follow: ByteSet): Ways {
  const { node, min, max } = repeat;
  const { first } = beginningOf(node);
  const canLeave = first.meets(follow);
  const round = waysOf(node, max === 1 ? follow : union(first, follow));
  if (!isEndless(repeat)) {
    const rounds = power(round, max);
    // One way through many rounds is as long as they are.
    const length = max >= MANY_ROUNDS ? max : 1;
    return { ...rounds, factor: rounds.factor * Math.max(canLeave ? max - min + 1 : 1, length) };
  }
  if (minLength(node) === 0 || round.factor > 1 || round.degree > 0) return ENDLESS;
  return { ...round, degree: canLeave ? 1 : 0, scans: true };
}

function times(one: Ways, other: Ways): Ways {
  return {
    factor: one.factor * other.factor,
    degree: one.degree + other.degree,
    scans: one.scans || other.scans,
  };
}

function power(ways: Ways, times_: number): Ways {
  return { factor: ways.factor ** times_, degree: ways.degree * times_, scans: ways.scans };
}

function larger(one: Ways, other: Ways): Ways {
  return {
    factor: Math.max(one.factor, other.factor),
    degree: Math.max(one.degree, other.degree),
    scans: one.scans || other.scans,
  };
}
