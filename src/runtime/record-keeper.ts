import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { GatewayConfig } from '../config/config.ts';
import type { Distribution, NodeView } from '../control/services.ts';
import type { LimitException } from '../core/limit-exceptions.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import type { BypassRecord, RuleTrial } from '../core/waf-records.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import type { Lease } from '../stores/memory/record-lease.ts';
import type { Database } from '../stores/sql/open-database.ts';
import { VERSION } from '../version.ts';
import { GatewayMember } from './gateway-member.ts';
import { REAL_TIME, SETTLE_MS } from './member-time.ts';
import type { ThreadData } from './messages.ts';
import { RevocationCopies } from './revocation-copies.ts';
import type { StandingProblems } from './standing-problems.ts';
import { StoredCopies } from './stored-copies.ts';
import type { Supervisor } from './supervisor.ts';
import { trialSource } from './trial-source.ts';

export interface RecordKeeperOptions {
  readonly database: Database;
  readonly store: GatewayConfig['store'];
  readonly problems: StandingProblems;
  /** The threads to give records to; asked when there is something to give. */
  readonly supervisor: () => Supervisor;
}

/** Gives the threads their copies of records, keeps those current, and knows until when they may be trusted. */
export class RecordKeeper {
  readonly #options: RecordKeeperOptions;
  readonly #keys: StoredCopies<ApiKeyRecord>;
  readonly #revocations: RevocationCopies;
  /** Those that are over stay until the store deletes them: whether one is over is for the clock of a thread to say. */
  readonly #exceptions: StoredCopies<LimitException>;
  readonly #bypasses: StoredCopies<BypassRecord>;
  readonly #trials: StoredCopies<RuleTrial>;
  /** Null where no other gateway uses the database. */
  readonly #member: GatewayMember | null;
  #lease: Lease | null = null;

  constructor(options: RecordKeeperOptions) {
    const { database, supervisor } = options;
    this.#options = options;
    this.#keys = new StoredCopies(database.keys, (update) => supervisor().distributeKeys(update));
    const { revocations, limitExceptions } = database;
    this.#exceptions = new StoredCopies(limitExceptions, (update) =>
      supervisor().distributeExceptions(update),
    );
    this.#revocations = new RevocationCopies(revocations, { nowMs: Date.now }, (update) =>
      supervisor().distributeRevocations(update),
    );
    this.#bypasses = new StoredCopies(database.waf.bypasses, (update) =>
      supervisor().distributeBypasses(update),
    );
    this.#trials = new StoredCopies(trialSource(database.waf.rules), (update) =>
      supervisor().distributeTrials(update),
    );
    this.#member = database.shared === null ? null : this.#join(database.shared);
    if (this.#member !== null) this.#lease = this.#leaseFrom(Number.NEGATIVE_INFINITY);
  }

  /** What a thread that starts now is given. */
  get threadData(): Pick<
    ThreadData,
    'apiKeys' | 'revocations' | 'limitExceptions' | 'wafBypasses' | 'ruleTrials' | 'lease'
  > {
    return {
      apiKeys: this.#keys.records,
      revocations: this.#revocations.records,
      limitExceptions: this.#exceptions.records,
      wafBypasses: this.#bypasses.records,
      ruleTrials: this.#trials.records,
      lease: this.#lease,
    };
  }

  /** The gateways that share the database; empty where there is only this one. */
  get nodes(): readonly NodeView[] {
    return this.#member?.nodes ?? [];
  }

  /** Seconds since the copies of the threads were last known to be current; null where they always are. */
  get staleS(): number | null {
    return this.#member === null ? null : this.#member.staleMs / 1000;
  }

  /** Reads everything for the first time. */
  async load(): Promise<void> {
    await this.#member?.begin();
    await this.#keys.reload();
    await this.#revocations.reload();
    await this.#exceptions.reload();
    await this.#bypasses.reload();
    await this.#trials.reload();
  }

  /** Follows what other gateways change, from now on; call it when the threads run. */
  async start(): Promise<void> {
    await this.#member?.start();
  }

  /** Call it when no thread serves any more. */
  async close(): Promise<void> {
    await this.#member?.close();
  }

  /**
   * Gives changed keys to every thread of every gateway.
   *
   * Safety: a revocation is given to the own threads even if the database is out of reach by now: it is for good, so
   * nothing newer can be undone by it.
   */
  async distributeKeys(records: readonly ApiKeyRecord[], withinMs = SETTLE_MS): Promise<Distribution> {
    const revoked = records.filter(({ revokedAtMs }) => revokedAtMs !== 0);
    const own = await this.#keys.apply(records.map(({ id }) => id)).catch((error: unknown) => {
      if (revoked.length < records.length) throw error;
      return this.#options.supervisor().distributeKeys({ records: revoked, deleted: [], isAll: false });
    });
    const nodes = (await this.#member?.settle(withinMs)) ?? [];
    return { ...own, nodes };
  }

  /** Gives changed revocations of tokens to every thread of every gateway. */
  async distributeRevocations(ids: readonly string[], withinMs = SETTLE_MS): Promise<Distribution> {
    const own = await this.#revocations.apply(ids);
    const nodes = (await this.#member?.settle(withinMs)) ?? [];
    return { ...own, nodes };
  }

  /** Gives changed exceptions from limits to every thread of every gateway. */
  async distributeExceptions(ids: readonly string[], withinMs = SETTLE_MS): Promise<Distribution> {
    const own = await this.#exceptions.apply(ids);
    const nodes = (await this.#member?.settle(withinMs)) ?? [];
    return { ...own, nodes };
  }

  /** Gives changed bypasses of the WAF to every thread of every gateway. */
  async distributeBypasses(ids: readonly string[], withinMs = SETTLE_MS): Promise<Distribution> {
    const own = await this.#bypasses.apply(ids);
    const nodes = (await this.#member?.settle(withinMs)) ?? [];
    return { ...own, nodes };
  }

  /** Tells every thread of every gateway about rules on trial. */
  async distributeTrials(ids: readonly string[], withinMs = SETTLE_MS): Promise<Distribution> {
    const own = await this.#trials.apply(ids);
    const nodes = (await this.#member?.settle(withinMs)) ?? [];
    return { ...own, nodes };
  }

  /** Tells the threads of this gateway about rules on trial, before there is a plan with them. */
  tellOwnThreads(ids: readonly string[]): Promise<unknown> {
    return this.#trials.apply(ids);
  }

  #join(shared: NonNullable<Database['shared']>): GatewayMember {
    const { store, problems, supervisor } = this.#options;
    return new GatewayMember({
      shared,
      node: { id: randomUUID(), name: store.nodeName || hostname(), version: VERSION },
      leaseMs: store.maxStaleS * 1000,
      copies: {
        'api-key': this.#keys,
        'token-revocation': this.#revocations,
        'limit-exception': this.#exceptions,
        'waf-bypass': this.#bypasses,
        'waf-rule': this.#trials,
      },
      time: REAL_TIME,
      grantLease: (fromMs) => {
        const lease = this.#leaseFrom(fromMs);
        this.#lease = lease;
        supervisor().broadcast({ type: 'lease', lease });
      },
      onProblem: (sentence) => problems.set('database', 'shared', this.#withConsequence(sentence)),
    });
  }

  #leaseFrom(fromMs: number): Lease {
    const { database, store } = this.#options;
    const untilMs = fromMs + store.maxStaleS * 1000;
    return {
      untilMs,
      untilEpochMs: Date.now() + untilMs - monotonicMs(),
      problem: `The database ${database.name} was not reached for ${store.maxStaleS} s.`,
    };
  }

  #withConsequence(sentence: string): string {
    const isOver = this.#lease !== null && monotonicMs() >= this.#lease.untilMs;
    return sentence === '' || !isOver ? sentence : `${sentence} API keys are answered with 503 until then.`;
  }
}
