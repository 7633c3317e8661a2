import type { ApiKeyRecord, ApiKeys } from '../../core/ports.ts';
import type { RecordLease } from './record-lease.ts';

/** What a thread is told about keys. */
export interface KeyUpdate {
  readonly records: readonly ApiKeyRecord[];
  /** Ids of keys that are not there any more. */
  readonly deleted: readonly string[];
  /** Whether the records take the place of all that were known. */
  readonly isAll: boolean;
}

/** The API keys of one thread, in memory; whoever owns the store feeds it. */
export class MemoryApiKeys implements ApiKeys {
  readonly #lease: RecordLease | null;
  #records = new Map<string, ApiKeyRecord>();

  /** `lease` is null where the keys are always current. */
  constructor(lease: RecordLease | null = null) {
    this.#lease = lease;
  }

  find(id: string): ApiKeyRecord | null {
    return this.#records.get(id) ?? null;
  }

  problem(): string {
    return this.#lease === null ? '' : this.#lease.problem;
  }

  /** Takes the records in place of all that were known. */
  replaceAll(records: Iterable<ApiKeyRecord>): void {
    const next = new Map<string, ApiKeyRecord>();
    for (const record of records) next.set(record.id, record);
    this.#records = next;
  }

  /**
   * Adds a record, or replaces the one with its id: so a key is revoked.
   *
   * Safety: a revocation is for good, so a record that was read before it changes nothing, however late it comes.
   */
  put(record: ApiKeyRecord): void {
    const known = this.#records.get(record.id);
    if (known !== undefined && known.revokedAtMs !== 0 && record.revokedAtMs === 0) return;
    this.#records.set(record.id, record);
  }

  delete(id: string): void {
    this.#records.delete(id);
  }

  update({ records, deleted, isAll }: KeyUpdate): void {
    if (isAll) this.replaceAll(records);
    else for (const record of records) this.put(record);
    for (const id of deleted) this.delete(id);
  }

  get size(): number {
    return this.#records.size;
  }
}
