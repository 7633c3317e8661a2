import type { ApiKeyRecord, ApiKeys } from '../../core/ports.ts';

/** The API keys of one thread, in memory; whoever owns the store feeds it. */
export class MemoryApiKeys implements ApiKeys {
  #records = new Map<string, ApiKeyRecord>();

  find(id: string): ApiKeyRecord | null {
    return this.#records.get(id) ?? null;
  }

  /** Takes the records in place of all that were known. */
  replaceAll(records: Iterable<ApiKeyRecord>): void {
    const next = new Map<string, ApiKeyRecord>();
    for (const record of records) next.set(record.id, record);
    this.#records = next;
  }

  /** Adds a record, or replaces the one with its id: so a key is revoked. */
  put(record: ApiKeyRecord): void {
    this.#records.set(record.id, record);
  }

  get size(): number {
    return this.#records.size;
  }
}
