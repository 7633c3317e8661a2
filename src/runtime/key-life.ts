import type { KeysConfig } from '../config/keys.schema.ts';
import { rotationNotice, tellThreads, withdraw } from '../control/key-rotation.ts';
import { isActive } from '../control/key-view.ts';
import { makeSuccessor } from '../control/make-key.ts';
import type { ControlServices } from '../control/services.ts';
import type { Notice } from '../core/notices.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import type { DeliverKey } from './key-courier.ts';
import { expiryNotice } from './key-notices.ts';
import { Rounds } from './rounds.ts';
import type { StandingProblems } from './standing-problems.ts';

const HOUR_MS = 3_600_000;
/** When a rotation that did not succeed is tried again; until then no other gateway tries it. */
const RETRY_MS = 5 * 60_000;

export interface KeyLifeParts {
  readonly services: Pick<ControlServices, 'clock' | 'keys' | 'distributeKeys'>;
  readonly problems: StandingProblems;
  readonly settings: () => KeysConfig;
  readonly deliver: DeliverKey;
  readonly raise: (notice: Notice) => void;
}

/**
 * Watches over the life of API keys: tells of those that expire, and replaces internal keys when they are due.
 *
 * Safety: a rotation belongs to the gateway whose conditional update moved its time, so that several gateways on one
 * database make one successor. The order is: successor into the database and to all threads, delivery, then the end of the
 * old key. Whatever fails or is killed in between, the old key stays valid; a successor that is known not to have arrived
 * is revoked, and one of which nobody knows ends with the old key.
 */
export class KeyLife {
  readonly #parts: KeyLifeParts;
  readonly #rounds = new Rounds(() => this.#look());

  constructor(parts: KeyLifeParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when nothing of this uses the store any more. */
  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Does what is due now. Never rejects. */
  round(): Promise<void> {
    return this.#rounds.round();
  }

  async #look(): Promise<void> {
    const { services, problems, settings, raise } = this.#parts;
    try {
      const records = await services.keys.list();
      const nowMs = services.clock.nowMs();
      for (const record of records) {
        const notice = expiryNotice(record, nowMs, settings().expiryNoticeDays);
        if (notice !== null) raise(notice);
      }
      for (const record of records) if (isDue(record, nowMs)) await this.#rotate(record, records);
      problems.set('keys', 'store', '');
    } catch (error) {
      problems.set('keys', 'store', `The life of API keys is not watched over: ${(error as Error).message}`);
    }
  }

  async #rotate(seen: ApiKeyRecord, records: readonly ApiKeyRecord[]): Promise<void> {
    const { services, settings, deliver, problems, raise } = this.#parts;
    const { keys } = services;
    const nowMs = services.clock.nowMs();
    if (!(await keys.postponeRotation(seen.id, seen.nextRotationAtMs, nowMs + RETRY_MS))) return;
    const old = await keys.find(seen.id);
    if (old === null || old.successorId !== '' || !isActive(old, nowMs)) return;
    const made = makeSuccessor(old, nowMs);
    await keys.create(made.record);
    const graceEndsAtMs = nowMs + settings().graceHours * HOUR_MS;
    try {
      const untold = await tellThreads(services, [made.record]);
      // A client must not get a key that some thread refuses.
      if (untold !== '') throw new Error(untold);
      await deliver({ old, ...made, graceEndsAtMs });
    } catch (error) {
      await withdraw(services, made.record.id);
      return this.#failed(old, nowMs, (error as Error).message);
    }
    const change = { successorId: made.record.id, atMs: nowMs, endsAtMs: graceEndsAtMs };
    const retired = await keys.retire(old.id, change);
    problems.set('keys', old.id, '');
    // Revoked while its successor was on its way: whoever revoked it knows of none.
    if ((retired ?? (await keys.find(old.id)))?.revokedAtMs !== 0) {
      return withdraw(services, made.record.id);
    }
    if (retired === null) return;
    const orphans = await this.#retireOrphans(old, records, change);
    await tellThreads(services, [retired, ...orphans]);
    raise(rotationNotice(retired, made.record, 'gateway'));
  }

  /** Successors that were made before the process was killed: they may have arrived, so they end with the old key. */
  async #retireOrphans(
    old: ApiKeyRecord,
    records: readonly ApiKeyRecord[],
    change: { successorId: string; atMs: number; endsAtMs: number },
  ): Promise<ApiKeyRecord[]> {
    const retired: ApiKeyRecord[] = [];
    for (const { id, predecessorId, revokedAtMs, successorId } of records) {
      if (predecessorId !== old.id || revokedAtMs !== 0 || successorId !== '') continue;
      const orphan = await this.#parts.services.keys.retire(id, change);
      if (orphan !== null) retired.push(orphan);
    }
    return retired;
  }

  #failed(old: ApiKeyRecord, nowMs: number, why: string): void {
    const sentence = `Key ${old.id} (${old.name}) could not be rotated and stays valid: ${why}`;
    this.#parts.problems.set('keys', old.id, sentence);
    const day = new Date(nowMs).toISOString().slice(0, 'yyyy-mm-dd'.length);
    const { id, prefix, name, owner } = old;
    const payload = { keyId: id, prefix, name, owner, why: why.slice(0, 300) };
    this.#parts.raise({ kind: 'key.rotation-failed', dedupeKey: `${id} ${day}`, payload });
  }
}

function isDue(record: ApiKeyRecord, nowMs: number): boolean {
  const { nextRotationAtMs, successorId } = record;
  return nextRotationAtMs !== 0 && nextRotationAtMs <= nowMs && successorId === '' && isActive(record, nowMs);
}
