import { Turns } from '../lib/time/turns.ts';
import type { RecordCopies } from './gateway-member.ts';
import type { ThreadAcknowledgement } from './supervisor.ts';

/** With more changes than this, one look at all is less work. */
const MANY = 50;

/** Where records are kept. */
interface RecordSource<Kept> {
  find(id: string): Promise<Kept | null>;
  list(): Promise<readonly Kept[]>;
}

/** What threads are told about records. */
interface RecordUpdate<Kept> {
  readonly records: readonly Kept[];
  /** Ids of records that are not kept any more. */
  readonly deleted: readonly string[];
  /** Whether the records take the place of all that were known. */
  readonly isAll: boolean;
}

/**
 * The records of one kind as the threads of this gateway are to know them.
 *
 * Safety: updates are read from the store and given to the threads one after the other, so what the threads end with is
 * what the store had last, however updates overlap.
 */
export class StoredCopies<Kept extends { readonly id: string }> implements RecordCopies {
  readonly #store: RecordSource<Kept>;
  readonly #give: (update: RecordUpdate<Kept>) => Promise<ThreadAcknowledgement>;
  #records = new Map<string, Kept>();
  readonly #turns = new Turns();

  constructor(
    store: RecordSource<Kept>,
    give: (update: RecordUpdate<Kept>) => Promise<ThreadAcknowledgement>,
  ) {
    this.#store = store;
    this.#give = give;
  }

  /** All of them, for a thread that starts now. */
  get records(): Kept[] {
    return [...this.#records.values()];
  }

  apply(ids: readonly string[]): Promise<ThreadAcknowledgement> {
    if (ids.length > MANY) return this.reload();
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
