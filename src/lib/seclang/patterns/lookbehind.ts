import { maxLength, minLength, type PatternNode, someNode } from './node.ts';

/** The branches of a lookbehind. */
export function branchesOf(node: PatternNode): readonly PatternNode[] {
  const inner = node.kind === 'sequence' && node.nodes.length === 1 ? (node.nodes[0] as PatternNode) : node;
  return inner.kind === 'choice' ? inner.nodes : [inner];
}

/** Whether each branch has a length of its own that does not vary, as PCRE wants it. */
export function isFixedLength(node: PatternNode): boolean {
  return branchesOf(node).every(
    (branch) =>
      minLength(branch) === maxLength(branch) && !someNode(branch, ({ kind }) => kind === 'backreference'),
  );
}
