import type { Clock } from '../core/ports.ts';
import type { RevocationUpdate, TokenRevocation, TokenRevocationStore } from '../core/token-revocations.ts';
import { Turns } from '../lib/time/turns.ts';
import type { RecordCopies } from './gateway-member.ts';
import type { ThreadAcknowledgement } from './supervisor.ts';

/** The revocations of tokens as the threads of this gateway are to know them; updates take turns. */
export class RevocationCopies implements RecordCopies {
  readonly #store: TokenRevocationStore;
  readonly #clock: Clock;
  readonly #give: (update: RevocationUpdate) => Promise<ThreadAcknowledgement>;
  #records = new Map<string, TokenRevocation>();
  readonly #turns = new Turns();

  constructor(
    store: TokenRevocationStore,
    clock: Clock,
    give: (update: RevocationUpdate) => Promise<ThreadAcknowledgement>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#give = give;
  }

  /** All of them, for a thread that starts now. */
  get records(): TokenRevocation[] {
    return [...this.#records.values()];
  }

  apply(ids: readonly string[]): Promise<ThreadAcknowledgement> {
    return this.#turns.take(async () => {
      const found = await Promise.all(ids.map((id) => this.#store.find(id)));
      const records = found.filter((record) => record !== null);
      for (const record of records) this.#records.set(record.id, record);
      const nowMs = this.#clock.nowMs();
      const over = [...this.#records.values()].filter(({ untilMs }) => untilMs <= nowMs);
      for (const { id } of over) this.#records.delete(id);
      return this.#give({ records, deleted: over.map(({ id }) => id), isAll: false });
    });
  }

  reload(): Promise<ThreadAcknowledgement> {
    return this.#turns.take(async () => {
      const records = await this.#store.list(this.#clock.nowMs());
      this.#records = new Map(records.map((record) => [record.id, record]));
      return this.#give({ records, deleted: [], isAll: true });
    });
  }
}
