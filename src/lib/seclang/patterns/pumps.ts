import type { Bytes } from '../bytes.ts';
import type { ByteSet } from './byte-set.ts';
import { childrenOf, minLength, type PatternNode, type RepeatNode } from './node.ts';

/** What may make an engine backtrack: something repeated, between what stands before and behind it. */
export interface Pump {
  readonly before: Bytes;
  readonly repeated: Bytes;
  readonly behind: Bytes;
}

/** Rounds from which on a repeat counts as a loop. */
const MIN_ROUNDS = 8;
const MAX_PUMPS = 160;
/** What hardly any pattern wants next. */
const SPOILERS: readonly Bytes[] = ['\0', '!'];

interface Loop {
  readonly before: Bytes;
  readonly node: RepeatNode;
}

/** Texts that lead into each loop of a pattern, go round it, and then fail. */
export function pumpsOf(node: PatternNode): readonly Pump[] {
  const loops: Loop[] = [];
  collect(node, '', loops);
  const sets = loops.flatMap(({ node: loop }) => (loop.node.kind === 'bytes' ? [loop.node.set] : []));
  const pumps = new Map<string, Pump>();
  for (const { before, node: loop } of loops) {
    for (const repeated of roundsOf(loop.node, sets, before)) {
      add(pumps, { before, repeated });
      add(pumps, { before: '', repeated: before + repeated });
      add(pumps, { before: '', repeated: before });
    }
  }
  return [...pumps.values()].slice(0, MAX_PUMPS);
}

function add(pumps: Map<string, Pump>, { before, repeated }: { before: Bytes; repeated: Bytes }): void {
  if (repeated === '') return;
  for (const behind of SPOILERS) pumps.set(`${before}\n${repeated}\n${behind}`, { before, repeated, behind });
}

function collect(node: PatternNode, before: Bytes, loops: Loop[]): void {
  if (node.kind === 'sequence') {
    let text = before;
    for (const child of node.nodes) {
      collect(child, text, loops);
      text += shortestText(child);
    }
    return;
  }
  if (node.kind === 'repeat' && node.max >= MIN_ROUNDS) loops.push({ before, node });
  for (const child of childrenOf(node)) collect(child, before, loops);
}

/** Texts of one round: of a set, the byte that most other loops take too, and the one that also begins the pattern. */
function roundsOf(node: PatternNode, sets: readonly ByteSet[], before: Bytes): readonly Bytes[] {
  if (node.kind !== 'bytes') return [shortestText(node)];
  const taken = (code: number): number => sets.filter((set) => set.has(code)).length;
  const codes = node.set.codes();
  const most = codes.reduce((best, code) => (taken(code) > taken(best) ? code : best), codes[0] ?? 0);
  const rounds = [String.fromCharCode(most)];
  const first = before.charCodeAt(0);
  if (before !== '' && node.set.has(first)) rounds.push(String.fromCharCode(first));
  return rounds;
}

/** One of the shortest texts that a node matches. */
function shortestText(node: PatternNode): Bytes {
  switch (node.kind) {
    case 'bytes': {
      const codes = node.set.codes();
      const code = codes.find((one) => one > 0x20 && one < 0x7f) ?? codes[0];
      return code === undefined ? '' : String.fromCharCode(code);
    }
    case 'sequence':
      return node.nodes.map(shortestText).join('');
    case 'choice':
      return shortestText(node.nodes.reduce((best, one) => (minLength(one) < minLength(best) ? one : best)));
    case 'repeat':
      return shortestText(node.node).repeat(node.min);
    case 'capture':
    case 'atomic':
      return shortestText(node.node);
    default:
      return '';
  }
}
