import type { NodeAcknowledgement, NodeView } from '../control/services.ts';
import { Unavailable } from '../core/errors.ts';
import type { ChangeKind, SharedRecords } from '../core/shared-records.ts';
import { awaitNodes } from './await-nodes.ts';
import type { MemberTime } from './member-time.ts';
import { LEASE_MARGIN_MS, NodeWatch } from './node-watch.ts';

/** Keeps the copies that the threads of this gateway hold of one kind of record. */
export interface RecordCopies {
  /** Brings these records up to date; resolves when every thread has acknowledged. */
  apply(ids: readonly string[]): Promise<unknown>;
  /** Reads all of them anew. */
  reload(): Promise<unknown>;
}

export interface GatewayMemberOptions {
  readonly shared: SharedRecords;
  readonly node: { readonly id: string; readonly name: string; readonly version: string };
  /** How long copies are trusted after they were last seen to be current, in milliseconds. */
  readonly leaseMs: number;
  readonly copies: Readonly<Record<ChangeKind, RecordCopies>>;
  readonly time: MemberTime;
  /** Lets the threads trust their copies for one lease from this instant of `time.monotonicMs`. */
  grantLease(fromMs: number): void;
  /** Takes why the other gateways cannot be heard of; '' when they can. */
  onProblem(sentence: string): void;
}

/** How often it is looked whether something has changed. */
const LOOK_MS = 250;
/** How often this gateway says that it is there. */
const BEAT_MS = 2_000;
const AFTER_FAILURE_MS = 500;
const KEPT_CHANGES = 10_000;
const PRUNE_MS = 60_000;
/** Silent for so many leases, a node is taken off the list. */
const LEASES_UNTIL_REMOVED = 2;

/**
 * This gateway among those that share a database: follows what the others change, says what it has applied, and lets
 * its threads trust their copies for as long as they are known to be current.
 *
 * Safety: the lease of a round runs from before its beat; the beat is written before changes are read; and it is
 * granted when every thread has acknowledged what was read. So whoever writes a change and then sees no newer beat
 * of this gateway knows when its lease ends at the latest.
 */
export class GatewayMember {
  readonly #options: GatewayMemberOptions;
  readonly #watch = new NodeWatch();
  #applied = -1;
  /** What the others were told of it last. */
  #told = -1;
  /** When the last round began that was complete. */
  #beatMs = Number.NEGATIVE_INFINITY;
  #pruneMs: number;
  #isClosed = false;
  #running: Promise<void> | null = null;
  /** Ends the pause between two looks. */
  #wake: () => void = () => {};

  constructor(options: GatewayMemberOptions) {
    this.#options = options;
    this.#pruneMs = options.time.monotonicMs();
  }

  /** Remembers where the feed stands: call it before the records are read for the first time. */
  async begin(): Promise<void> {
    this.#applied = await this.#options.shared.position();
  }

  /** Follows the others from now on; resolves after the first round, whether or not it succeeded. */
  async start(): Promise<void> {
    const isWell = await this.#tryRound();
    this.#running = this.#run(isWell);
  }

  /** Milliseconds since the copies of the threads were last known to be current. */
  get staleMs(): number {
    return this.#options.time.monotonicMs() - this.#beatMs;
  }

  get nodes(): readonly NodeView[] {
    const { time, node: self } = this.#options;
    const nowMs = time.monotonicMs();
    return this.#watch.nodes.map((node) => {
      const { id, name, version, applied, beatAgeMs } = node;
      const silentMs = this.#watch.silentMs(id, nowMs);
      const isSilent = id !== self.id && silentMs > 3 * BEAT_MS;
      return {
        id,
        name,
        version,
        applied,
        beatAgeMs: beatAgeMs + silentMs,
        isSelf: id === self.id,
        isSilent,
      };
    });
  }

  /** Waits until the others have applied what is in the database now, or have no lease any more. */
  async settle(withinMs: number): Promise<NodeAcknowledgement[]> {
    const { shared, time, node } = this.#options;
    return awaitNodes({ shared, watch: this.#watch, time, ownId: node.id, withinMs });
  }

  /** Ends the rounds and takes this gateway off the list; call it when no thread serves any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    // Without a good-bye the others wait for the lease once.
    await this.#options.shared.removeNodes([this.#options.node.id]).catch(() => {});
  }

  async #run(isWell: boolean): Promise<void> {
    for (let well = isWell; !this.#isClosed; well = await this.#tryRound()) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([this.#options.time.pause(well ? LOOK_MS : AFTER_FAILURE_MS), woken]);
      if (this.#isClosed) return;
    }
  }

  async #tryRound(): Promise<boolean> {
    const { onProblem } = this.#options;
    try {
      await this.#round();
      onProblem('');
      return true;
    } catch (error) {
      // A defect is no reason to end: without a lease the threads trust nothing.
      const why = error instanceof Unavailable ? '' : 'A defect of the gateway: ';
      onProblem(why + (error as Error).message);
      return false;
    }
  }

  async #round(): Promise<void> {
    const { shared, time, grantLease } = this.#options;
    const fromMs = time.monotonicMs();
    const isDue = fromMs - this.#beatMs >= BEAT_MS;
    const isTold = this.#told === this.#applied;
    if (!isDue && isTold && (await shared.position()) === this.#applied) return;
    await this.#beat();
    await this.#catchUp();
    if (this.#applied !== this.#told) await this.#beat();
    grantLease(fromMs);
    this.#beatMs = fromMs;
    await this.#look(fromMs);
  }

  async #beat(): Promise<void> {
    const { shared, node, leaseMs } = this.#options;
    const applied = this.#applied;
    await shared.beat({ ...node, applied, leaseMs });
    this.#told = applied;
  }

  async #catchUp(): Promise<void> {
    const { shared, copies } = this.#options;
    for (;;) {
      const changes = await shared.changesAfter(this.#applied);
      if (!changes.isWhole) await Promise.all(Object.values(copies).map((each) => each.reload()));
      // Kinds that this version does not know are those of a newer one: it keeps no copies of them.
      for (const [kind, ids] of changes.ids) await copies[kind]?.apply([...ids]);
      this.#applied = changes.position;
      if (changes.isLast) return;
    }
  }

  /** Looks who else is there; tidies up after those that are gone. */
  async #look(nowMs: number): Promise<void> {
    const { shared, node } = this.#options;
    this.#watch.observe(await shared.nodes(), nowMs);
    const gone = this.#watch.nodes.filter(
      ({ id, leaseMs }) =>
        id !== node.id &&
        this.#watch.silentMs(id, nowMs) > LEASES_UNTIL_REMOVED * (leaseMs + LEASE_MARGIN_MS),
    );
    await shared.removeNodes(gone.map(({ id }) => id));
    if (nowMs - this.#pruneMs < PRUNE_MS) return;
    this.#pruneMs = nowMs;
    await shared.pruneChanges(KEPT_CHANGES);
  }
}
