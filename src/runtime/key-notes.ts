import type { RequestContext } from '../core/context.ts';
import type { ActivityKind, KeyActivity, KeyUsageNote } from '../core/key-usage.ts';
import type { Countries } from '../core/ports.ts';
import { LATENCY_BUCKETS, latencyBucket } from '../lib/apikey/latency-histogram.ts';
import type { Ip } from '../lib/ip/address.ts';
import { textOf } from '../proxy/client-address.ts';

/** Distinct values that one thread tells of one key at a time; more are told together. */
const MAX_VALUES = 1_000;

interface Entry {
  readonly kind: ActivityKind;
  readonly value: string;
  /** Of addresses. */
  readonly ip: Ip | null;
  requests: number;
  readonly firstAtMs: number;
  lastAtMs: number;
}

/** What one key was used for since the last flush. */
class KeyNote {
  requests = 0;
  errors = 0;
  lastUsedAtMs = 0;
  totalUs = 0;
  readonly latency = new Array<number>(LATENCY_BUCKETS).fill(0);
  readonly entries = new Map<string, Entry>();

  count(kind: ActivityKind, value: string, ip: Ip | null, nowMs: number): void {
    const key = kind + value;
    const entry = this.entries.get(key);
    if (entry !== undefined) {
      entry.requests++;
      entry.lastAtMs = nowMs;
    } else if (value !== '' && this.entries.size >= MAX_VALUES) this.count(kind, '', null, nowMs);
    else this.entries.set(key, { kind, value, ip, requests: 1, firstAtMs: nowMs, lastAtMs: nowMs });
  }
}

/**
 * Adds up what keys are used for, off the path of requests.
 *
 * Cost: bounded per key; countries are looked up once per address and flush.
 */
export class KeyNotes {
  readonly #countries: Countries;
  readonly #notes = new Map<string, KeyNote>();

  constructor(countries: Countries) {
    this.#countries = countries;
  }

  get size(): number {
    return this.#notes.size;
  }

  note(keyId: string, ctx: RequestContext, status: number, durationMs: number, nowMs: number): void {
    let note = this.#notes.get(keyId);
    if (note === undefined) {
      note = new KeyNote();
      this.#notes.set(keyId, note);
    }
    note.requests++;
    if (status >= 400) note.errors++;
    note.lastUsedAtMs = nowMs;
    note.totalUs += durationMs * 1000;
    (note.latency[latencyBucket(durationMs)] as number)++;
    note.count('endpoint', ctx.route?.id ?? '', null, nowMs);
    note.count('method', ctx.method, null, nowMs);
    note.count('status', String(status), null, nowMs);
    note.count('address', textOf(ctx.client), ctx.client, nowMs);
  }

  /** Everything since the last call. */
  take(): KeyUsageNote[] {
    const taken = [...this.#notes].map(([keyId, note]) => ({
      keyId,
      requests: note.requests,
      errors: note.errors,
      lastUsedAtMs: note.lastUsedAtMs,
      totalUs: Math.round(note.totalUs),
      latency: note.latency,
      activity: [...note.entries.values()].flatMap((entry) => this.#tell(entry)),
    }));
    this.#notes.clear();
    return taken;
  }

  /** The entry, and for an address its country. */
  #tell({ kind, value, ip, requests, firstAtMs, lastAtMs }: Entry): KeyActivity[] {
    const told = { kind, value, requests, firstAtMs, lastAtMs };
    if (kind !== 'address') return [told];
    const country = ip === null ? '' : this.#countries.find(ip);
    return [told, { ...told, kind: 'country', value: country || 'unknown' }];
  }
}
