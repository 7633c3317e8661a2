import type { NodeAcknowledgement } from '../control/services.ts';
import { Unavailable } from '../core/errors.ts';
import type { NodeRecord, SharedRecords } from '../core/shared-records.ts';
import type { MemberTime } from './member-time.ts';
import { LEASE_MARGIN_MS, type NodeWatch } from './node-watch.ts';

export interface AwaitNodesOptions {
  readonly shared: SharedRecords;
  readonly watch: NodeWatch;
  readonly time: MemberTime;
  /** The gateway that asks; '' for a command that is none. */
  readonly ownId: string;
  readonly withinMs: number;
}

const LOOK_MS = 100;

/**
 * Waits until every other gateway has applied what is in the database now, or has no lease any more.
 *
 * Safety: a node may hold a lease without a change only if it read the changes before that one was written. So every
 * lease that does not know of it has ended one lease after the change was written, even if the node goes on
 * beating; and earlier for a node that has been silent for a while. Nodes that join later read the change when they
 * start.
 * Errors: Unavailable when the database does not even say which gateways there are.
 */
export async function awaitNodes(options: AwaitNodesOptions): Promise<NodeAcknowledgement[]> {
  const { time, withinMs } = options;
  const round = new Round(options);
  for (;;) {
    await round.look();
    const spentMs = time.monotonicMs() - round.startMs;
    if (round.isOver || spentMs >= withinMs) return round.result(spentMs);
    await time.pause(Math.min(LOOK_MS, withinMs - spentMs));
  }
}

class Round {
  readonly startMs: number;
  readonly #options: AwaitNodesOptions;
  readonly #settled = new Map<string, NodeAcknowledgement>();
  /** Those that there were when it was known what to wait for; null until then. */
  #awaited: readonly NodeRecord[] | null = null;
  #position = -1;
  #problem: unknown = null;

  constructor(options: AwaitNodesOptions) {
    this.#options = options;
    this.startMs = options.time.monotonicMs();
  }

  /** Looks once at what nodes say, and at whose lease has ended. */
  async look(): Promise<void> {
    const { shared, watch, time, ownId } = this.#options;
    try {
      if (this.#position < 0) this.#position = await shared.position();
      const nodes = await shared.nodes();
      watch.observe(nodes, time.monotonicMs());
      this.#awaited ??= nodes.filter(({ id }) => id !== ownId);
      const left = new Set(this.#awaited.map(({ id }) => id));
      for (const node of nodes) {
        left.delete(node.id);
        if (node.applied >= this.#position) this.#settle(node, 'applied');
      }
      // It said good-bye, which it does when none of its threads serves any more; or it was silent for long.
      for (const node of this.#awaited) if (left.has(node.id)) this.#settle(node, 'lease-ended');
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#problem = error;
    }
    const nowMs = time.monotonicMs();
    for (const node of this.#awaited ?? []) {
      const endMs = Math.min(watch.leaseEndMs(node), this.startMs + node.leaseMs + LEASE_MARGIN_MS);
      if (nowMs >= endMs) this.#settle(node, 'lease-ended');
    }
  }

  get isOver(): boolean {
    return this.#awaited?.every(({ id }) => this.#settled.has(id)) ?? false;
  }

  result(spentMs: number): NodeAcknowledgement[] {
    if (this.#awaited === null) throw this.#problem;
    return this.#awaited.map(
      (node) => this.#settled.get(node.id) ?? { name: node.name, state: 'pending', ms: spentMs },
    );
  }

  #settle({ id, name }: NodeRecord, state: NodeAcknowledgement['state']): void {
    if (this.#settled.has(id)) return;
    this.#settled.set(id, { name, state, ms: this.#options.time.monotonicMs() - this.startMs });
  }
}
