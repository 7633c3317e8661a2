import { type FetcherPorts, IssuerKeys, type KeyIssuer, type KeysStatus } from './issuer-keys.ts';
import type { KeySetUpdate } from './key-set-update.ts';

/** Issuers that are loaded and wait to come into force. */
export interface PreparedIssuers {
  commit(): void;
  discard(): void;
}

/**
 * Keeps the key sets of all configured issuers, in the control plane.
 *
 * Safety: at most ten fetches a minute for each issuer because of tokens, one at a time, whoever asks.
 */
export class JwksFetcher {
  readonly #ports: FetcherPorts;
  readonly #issuers = new Map<string, IssuerKeys>();
  #turns = 0;

  constructor(ports: FetcherPorts) {
    this.#ports = ports;
  }

  /**
   * Takes the issuers of a new configuration; those that did not change keep their keys.
   *
   * Resolves when each new one was tried once. Never rejects: what failed is tried again in the background.
   */
  async setIssuers(issuers: readonly KeyIssuer[]): Promise<void> {
    (await this.prepare(issuers)).commit();
  }

  /**
   * Loads the keys of issuers that are new or changed, beside those in force, of which nothing changes until `commit`.
   *
   * Resolves when each was tried once. Never rejects. Only the latest preparation can come into force.
   */
  async prepare(issuers: readonly KeyIssuer[]): Promise<PreparedIssuers> {
    const turn = ++this.#turns;
    let isInForce = false;
    const publish = (update: KeySetUpdate): void => {
      if (isInForce) this.#ports.publish(update);
    };
    const next = issuers
      .filter((issuer) => !isSame(issuer, this.#issuers.get(issuer.id)?.issuer))
      .map((issuer) => new IssuerKeys(issuer, { ...this.#ports, publish }));
    await Promise.all(next.map((keys) => keys.load()));
    const discard = (): void => {
      for (const keys of next) keys.close();
    };
    const commit = (): void => {
      if (turn !== this.#turns) return discard();
      isInForce = true;
      this.#replace(new Set(issuers.map(({ id }) => id)), next);
    };
    return { commit, discard };
  }

  #replace(wanted: ReadonlySet<string>, next: readonly IssuerKeys[]): void {
    for (const [id, keys] of this.#issuers) {
      if (wanted.has(id)) continue;
      keys.close();
      this.#issuers.delete(id);
      const problem = 'The keys were not loaded yet.';
      this.#ports.publish({ issuerId: id, jwks: null, problem, fetchProblem: '', acceptSecrets: false });
    }
    for (const keys of next) {
      this.#issuers.get(keys.issuer.id)?.close();
      this.#issuers.set(keys.issuer.id, keys);
      this.#ports.publish(keys.update);
    }
  }

  /** Refetches because of an unknown `kid`; resolves, after the update was published, to whether it did. */
  async refetch(issuerId: string): Promise<boolean> {
    return (await this.#issuers.get(issuerId)?.refetch()) ?? false;
  }

  /** Reads every key set that is a file again, as on a reload. */
  async rereadFiles(): Promise<void> {
    const files = [...this.#issuers.values()].filter(({ issuer }) => issuer.jwks && 'file' in issuer.jwks);
    await Promise.all(files.map((keys) => keys.load()));
  }

  /** What a new thread must be told. */
  get updates(): readonly KeySetUpdate[] {
    return [...this.#issuers.values()].map((keys) => keys.update);
  }

  get statuses(): readonly KeysStatus[] {
    return [...this.#issuers.values()].map((keys) => keys.status);
  }

  close(): void {
    this.#turns++;
    for (const keys of this.#issuers.values()) keys.close();
    this.#issuers.clear();
  }
}

function isSame(one: KeyIssuer, other: KeyIssuer | undefined): boolean {
  if (other === undefined) return false;
  const facts = ({ issuer, jwks, refreshS, maxStaleS }: KeyIssuer) => [
    issuer,
    jwks ?? null,
    refreshS,
    maxStaleS,
  ];
  return JSON.stringify(facts(one)) === JSON.stringify(facts(other));
}
