import type { PatternNode } from '../../src/lib/seclang/patterns/node.ts';

const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T;

/** A text that a pattern matches, but for what looks around, refers back or is atomic. */
export function sampleOf(node: PatternNode, random: () => number): string {
  switch (node.kind) {
    case 'bytes': {
      const codes = node.set.codes();
      const plain = codes.filter((code) => code > 0x20 && code < 0x7f);
      const from = plain.length > 0 && random() < 0.8 ? plain : codes;
      return from.length === 0 ? '' : String.fromCharCode(pick(from, random));
    }
    case 'sequence':
      return node.nodes.map((child) => sampleOf(child, random)).join('');
    case 'choice':
      return sampleOf(pick(node.nodes, random), random);
    case 'repeat': {
      const most = Math.min(node.max, node.min + (random() < 0.3 ? 3 : 1));
      const times = node.min + Math.floor(random() * (most - node.min + 1));
      return Array.from({ length: times }, () => sampleOf(node.node, random)).join('');
    }
    case 'capture':
    case 'atomic':
      return sampleOf(node.node, random);
    case 'look':
      return node.isNegated || random() < 0.5 ? '' : sampleOf(node.node, random);
    default:
      return '';
  }
}

const SPOILERS = ['', ' ', '\n', 'x', '0', '"', "'", '\xa0', '\xe9', ';', '/', 'A', '_', '(', '='];

/** A sample with a few bytes put in, taken out, doubled or with their case changed, and something around it. */
export function variantOf(sample: string, random: () => number): string {
  let text = sample;
  for (let times = Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * (text.length + 1));
    const kept = text.slice(at + (random() < 0.5 ? 1 : 0));
    text = text.slice(0, at) + pick(SPOILERS, random) + kept;
  }
  if (random() < 0.2) text = text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return pick(SPOILERS, random) + text + pick(SPOILERS, random);
}
