import type { NodeRecord } from '../core/shared-records.ts';

/** What a node that fell silent is waited for beyond its lease: more than clocks drift apart in that time. */
export const LEASE_MARGIN_MS = 1_000;

interface Seen {
  readonly node: NodeRecord;
  /** When this beat of it was seen first, by our clock. */
  readonly sinceMs: number;
}

/**
 * What one gateway has seen of the others.
 *
 * Safety: everything is measured by the monotonic clock of this process, from what it has seen itself. A node's lease
 * runs from before a beat that it has written, so it has ended once the lease has passed since that beat was first seen
 * here; what the clocks of other machines say plays no part.
 */
export class NodeWatch {
  #seen = new Map<string, Seen>();

  /** Takes what the registry says now. */
  observe(nodes: readonly NodeRecord[], nowMs: number): void {
    const next = new Map<string, Seen>();
    for (const node of nodes) {
      const before = this.#seen.get(node.id);
      const sinceMs = before?.node.beat === node.beat ? before.sinceMs : nowMs;
      next.set(node.id, { node, sinceMs });
    }
    this.#seen = next;
  }

  get nodes(): readonly NodeRecord[] {
    return [...this.#seen.values()].map(({ node }) => node);
  }

  /** How long a node has been silent. */
  silentMs(id: string, nowMs: number): number {
    const seen = this.#seen.get(id);
    return seen === undefined ? 0 : nowMs - seen.sinceMs;
  }

  /** When a node that has beaten no more since then has certainly no lease any more. */
  leaseEndMs({ id, leaseMs }: NodeRecord): number {
    return (this.#seen.get(id)?.sinceMs ?? Number.POSITIVE_INFINITY) + leaseMs + LEASE_MARGIN_MS;
  }
}
