import type { Clock, KeySets, VerificationKey } from '../../core/ports.ts';
import { FetchBudget } from './fetch-budget.ts';
import { parseJwks } from './jwks.ts';
import type { KeySetUpdate } from './key-set-update.ts';

/** How long a `kid` that a refetch did not bring stays unknown without asking again. */
const UNKNOWN_KID_MS = 5 * 60_000;
const MAX_UNKNOWN_KIDS = 1000;

/** Asks the control plane to refetch; resolves, after the update was delivered, to whether it did. */
export type RequestRefetch = (issuerId: string, kid: string) => Promise<boolean>;

interface KeySet {
  jwks: string | null;
  acceptsSecrets: boolean;
  /** By `kid`; under '' all of them. Null while there are none. */
  keys: ReadonlyMap<string, readonly VerificationKey[]> | null;
  version: number;
  problem: string;
  fetchProblem: string;
  /** When each unknown `kid` may be asked about again, oldest first. */
  readonly unknownUntilMs: Map<string, number>;
  readonly budget: FetchBudget;
  refetch: Promise<boolean> | null;
}

const NONE: readonly VerificationKey[] = [];

function indexByKid(keys: readonly VerificationKey[]): ReadonlyMap<string, readonly VerificationKey[]> {
  const index = new Map<string, VerificationKey[]>([['', [...keys]]]);
  for (const key of keys) {
    if (key.kid === '') continue;
    const same = index.get(key.kid);
    if (same === undefined) index.set(key.kid, [key]);
    else same.push(key);
  }
  return index;
}

/**
 * The key sets of one thread, fed by the control plane.
 *
 * Safety: a flood of tokens with random `kid` values asks at most ten times a minute for each issuer, however many
 * they are; all who wait share one answer.
 */
export class ThreadKeySets implements KeySets {
  readonly #sets = new Map<string, KeySet>();
  readonly #clock: Clock;
  readonly #requestRefetch: RequestRefetch;
  #versions = 0;

  constructor(clock: Clock, requestRefetch: RequestRefetch) {
    this.#clock = clock;
    this.#requestRefetch = requestRefetch;
  }

  /** Takes in what the control plane says; the same keys again change nothing. */
  update({ issuerId, jwks, problem, fetchProblem, acceptSecrets }: KeySetUpdate): void {
    const set = this.#setOf(issuerId);
    set.problem = problem;
    set.fetchProblem = fetchProblem;
    if (jwks === set.jwks && acceptSecrets === set.acceptsSecrets) return;
    set.jwks = jwks;
    set.acceptsSecrets = acceptSecrets;
    const parsed = jwks === null ? null : parseJwks(JSON.parse(jwks), acceptSecrets);
    set.keys = parsed === null ? null : indexByKid(parsed.keys);
    set.version = ++this.#versions;
  }

  find(issuerId: string, kid: string): readonly VerificationKey[] | null {
    const keys = this.#sets.get(issuerId)?.keys;
    return keys ? (keys.get(kid) ?? NONE) : null;
  }

  version(issuerId: string): number {
    return this.#sets.get(issuerId)?.version ?? 0;
  }

  problem(issuerId: string): string {
    const set = this.#sets.get(issuerId);
    if (set === undefined || (set.keys === null && set.problem === ''))
      return 'The keys were not loaded yet.';
    return set.problem;
  }

  fetchProblem(issuerId: string): string {
    return this.#sets.get(issuerId)?.fetchProblem ?? '';
  }

  async refetch(issuerId: string, kid: string): Promise<void> {
    const set = this.#setOf(issuerId);
    const nowMs = this.#clock.nowMs();
    if (set.keys !== null && (set.unknownUntilMs.get(kid) ?? 0) > nowMs) return;
    if (set.refetch === null) {
      if (!set.budget.has(1, nowMs)) return;
      set.budget.note(nowMs);
      set.refetch = this.#ask(set, issuerId, kid);
    }
    const fetched = await set.refetch;
    if (fetched && set.keys !== null && !set.keys.has(kid)) this.#rememberUnknown(set, kid);
  }

  async #ask(set: KeySet, issuerId: string, kid: string): Promise<boolean> {
    try {
      return await this.#requestRefetch(issuerId, kid);
    } catch {
      return false;
    } finally {
      set.refetch = null;
    }
  }

  #rememberUnknown(set: KeySet, kid: string): void {
    const { unknownUntilMs } = set;
    unknownUntilMs.delete(kid);
    if (unknownUntilMs.size >= MAX_UNKNOWN_KIDS) {
      const oldest = unknownUntilMs.keys().next().value;
      if (oldest !== undefined) unknownUntilMs.delete(oldest);
    }
    unknownUntilMs.set(kid, this.#clock.nowMs() + UNKNOWN_KID_MS);
  }

  #setOf(issuerId: string): KeySet {
    let set = this.#sets.get(issuerId);
    if (set === undefined) {
      const [jwks, keys, refetch] = [null, null, null];
      const unknownUntilMs = new Map<string, number>();
      const [problem, fetchProblem, budget] = ['', '', new FetchBudget()];
      const now = { jwks, acceptsSecrets: false, keys, version: 0, problem, fetchProblem };
      set = { ...now, unknownUntilMs, budget, refetch };
      this.#sets.set(issuerId, set);
    }
    return set;
  }
}
