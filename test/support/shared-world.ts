import { Unavailable } from '../../src/core/errors.ts';
import type {
  ChangeKind,
  NodeBeat,
  NodeRecord,
  RecordChanges,
  SharedRecords,
} from '../../src/core/shared-records.ts';
import { GatewayMember } from '../../src/runtime/gateway-member.ts';
import type { MemberTime } from '../../src/runtime/member-time.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that a test turns: whoever pauses is woken in order. */
export class FakeTime implements MemberTime {
  nowMs = 1_000_000;
  #sleepers: Sleeper[] = [];

  monotonicMs(): number {
    return this.nowMs;
  }

  pause(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ atMs: this.nowMs + ms, wake }));
  }

  /** Lets time pass; everything that becomes due happens at its time. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await settled();
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      const next = this.#sleepers[0];
      if (next === undefined || next.atMs > end) break;
      this.#sleepers.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
    }
    this.nowMs = end;
    await settled();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** A database that several gateways share, in memory. */
export class FakeSharedDatabase {
  readonly rows = new Map<string, NodeBeat & { beats: number }>();
  changes: { kind: ChangeKind; id: string }[] = [];
  /** Changes that were forgotten. */
  forgotten = 0;

  change(id: string): void {
    this.changes.push({ kind: 'api-key', id });
  }

  get position(): number {
    return this.forgotten + this.changes.length;
  }

  /** The database as one gateway reaches it, or does not. */
  seenBy(link: { isDown: boolean }): SharedRecords {
    const reach = async (): Promise<void> => {
      if (link.isDown) throw new Unavailable('database', 'The database cannot be reached.');
    };
    return {
      position: async () => {
        await reach();
        return this.position;
      },
      changesAfter: async (after) => {
        await reach();
        return this.#changesAfter(after);
      },
      beat: async (node) => {
        await reach();
        this.rows.set(node.id, { ...node, beats: (this.rows.get(node.id)?.beats ?? 0) + 1 });
      },
      nodes: async () => {
        await reach();
        return [...this.rows.values()].map(
          ({ beats, ...node }): NodeRecord => ({ ...node, beat: String(beats), beatAgeMs: 0 }),
        );
      },
      removeNodes: async (ids) => {
        await reach();
        for (const id of ids) this.rows.delete(id);
      },
      pruneChanges: reach,
    };
  }

  #changesAfter(after: number): RecordChanges {
    const { position } = this;
    const lost = { position, ids: new Map(), isWhole: false, isLast: true };
    if (position < after || after < this.forgotten) return lost;
    const ids = new Set(this.changes.slice(after - this.forgotten).map(({ id }) => id));
    return {
      position,
      ids: ids.size === 0 ? new Map() : new Map([['api-key', ids]]),
      isWhole: true,
      isLast: true,
    };
  }
}

/** One gateway on such a database, with threads that may be slow. */
export class FakeNode {
  readonly link = { isDown: false };
  readonly applied: string[] = [];
  reloads = 0;
  leaseFromMs = Number.NEGATIVE_INFINITY;
  problem = '';
  /** Threads acknowledge when this resolves. */
  threads: Promise<unknown> = Promise.resolve();
  readonly member: GatewayMember;
  readonly leaseMs: number;
  readonly #time: FakeTime;

  constructor(database: FakeSharedDatabase, time: FakeTime, name: string, leaseMs = 50_000) {
    this.#time = time;
    this.leaseMs = leaseMs;
    this.member = new GatewayMember({
      shared: database.seenBy(this.link),
      node: { id: name, name, version: '1.0.0' },
      leaseMs,
      time,
      copies: {
        'api-key': {
          apply: async (ids) => {
            await this.threads;
            this.applied.push(...ids);
          },
          reload: async () => {
            this.reloads++;
          },
        },
        'token-revocation': { apply: async () => {}, reload: async () => {} },
        'limit-exception': { apply: async () => {}, reload: async () => {} },
        'waf-bypass': { apply: async () => {}, reload: async () => {} },
        'waf-rule': { apply: async () => {}, reload: async () => {} },
      },
      grantLease: (fromMs) => {
        this.leaseFromMs = fromMs;
      },
      onProblem: (sentence) => {
        this.problem = sentence;
      },
    });
  }

  async start(): Promise<void> {
    await this.member.begin();
    await this.member.start();
  }

  /** Whether its threads would accept a key now. */
  get accepts(): boolean {
    return this.#time.nowMs < this.leaseFromMs + this.leaseMs;
  }
}
