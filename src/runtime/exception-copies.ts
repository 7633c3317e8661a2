import type { ExceptionUpdate, LimitException, LimitExceptionStore } from '../core/limit-exceptions.ts';
import { Turns } from '../lib/time/turns.ts';
import type { RecordCopies } from './gateway-member.ts';
import type { ThreadAcknowledgement } from './supervisor.ts';

/**
 * The exceptions from limits as the threads of this gateway are to know them; updates take turns.
 *
 * Shape: those that are over stay with the threads until they are deleted from the store: whether one is over is for the clock
 * of the thread to say.
 */
export class ExceptionCopies implements RecordCopies {
  readonly #store: LimitExceptionStore;
  readonly #give: (update: ExceptionUpdate) => Promise<ThreadAcknowledgement>;
  #records = new Map<string, LimitException>();
  readonly #turns = new Turns();

  constructor(store: LimitExceptionStore, give: (update: ExceptionUpdate) => Promise<ThreadAcknowledgement>) {
    this.#store = store;
    this.#give = give;
  }

  /** All of them, for a thread that starts now. */
  get records(): LimitException[] {
    return [...this.#records.values()];
  }

  apply(ids: readonly string[]): Promise<ThreadAcknowledgement> {
    return this.#turns.take(async () => {
      const found = await Promise.all(ids.map((id) => this.#store.find(id)));
      const records = found.filter((record) => record !== null);
      const deleted = ids.filter((_, at) => found[at] === null);
      for (const record of records) this.#records.set(record.id, record);
      for (const id of deleted) this.#records.delete(id);
      return this.#give({ records, deleted, isAll: false });
    });
  }

  reload(): Promise<ThreadAcknowledgement> {
    return this.#turns.take(async () => {
      const records = await this.#store.list();
      this.#records = new Map(records.map((record) => [record.id, record]));
      return this.#give({ records, deleted: [], isAll: true });
    });
  }
}
