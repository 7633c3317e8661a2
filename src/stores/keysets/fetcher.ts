import { type FetcherPorts, IssuerKeys, type KeyIssuer, type KeysStatus } from './issuer-keys.ts';
import type { KeySetUpdate } from './key-set-update.ts';

/**
 * Keeps the key sets of all configured issuers, in the control plane.
 *
 * Safety: at most ten fetches a minute for each issuer because of tokens, one at a time, whoever asks.
 */
export class JwksFetcher {
  readonly #ports: FetcherPorts;
  readonly #issuers = new Map<string, IssuerKeys>();

  constructor(ports: FetcherPorts) {
    this.#ports = ports;
  }

  /**
   * Takes the issuers of a new configuration; those that did not change keep their keys.
   *
   * Resolves when each new one was tried once. Never rejects: what failed is tried again in the background.
   */
  async setIssuers(issuers: readonly KeyIssuer[]): Promise<void> {
    const wanted = new Map(issuers.map((issuer) => [issuer.id, issuer]));
    for (const [id, keys] of this.#issuers) {
      const next = wanted.get(id);
      if (next !== undefined && isSame(next, keys.issuer)) continue;
      keys.close();
      this.#issuers.delete(id);
      const problem = 'The keys were not loaded yet.';
      this.#ports.publish({ issuerId: id, jwks: null, problem, acceptSecrets: false });
    }
    const loads: Promise<boolean>[] = [];
    for (const issuer of wanted.values()) {
      if (this.#issuers.has(issuer.id)) continue;
      const keys = new IssuerKeys(issuer, this.#ports);
      this.#issuers.set(issuer.id, keys);
      loads.push(keys.load());
    }
    await Promise.all(loads);
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
    for (const keys of this.#issuers.values()) keys.close();
    this.#issuers.clear();
  }
}

function isSame(one: KeyIssuer, other: KeyIssuer): boolean {
  const facts = ({ issuer, jwks, refreshS, maxStaleS }: KeyIssuer) => [
    issuer,
    jwks ?? null,
    refreshS,
    maxStaleS,
  ];
  return JSON.stringify(facts(one)) === JSON.stringify(facts(other));
}
