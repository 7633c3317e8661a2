import type { Cluster } from 'iovalkey';
import { Circuit, type ProbeParts } from './circuit.ts';
import { keySlot } from './key-slot.ts';
import type { RedisClient } from './redis-link.ts';

/** The name of a server that is no cluster. */
const ONLY = '';

/** What the circuits of one connection find out with. */
export interface CircuitParts extends Pick<ProbeParts, 'closed'> {
  /** Asks for a key that is on the server; see `ProbeParts.probe`. */
  probe(key: string): Promise<boolean>;
}

/**
 * One circuit for each server: of a cluster, the clients on one that is gone must not make those of the others wait or do without.
 *
 * Shape: a server is the one that the connection sends commands on a key to now; when a replica takes over, that is another.
 */
export class Circuits {
  readonly #parts: CircuitParts;
  readonly #circuits = new Map<string, Circuit>();

  constructor(parts: CircuitParts) {
    this.#parts = parts;
  }

  /** The circuit of the server that has a key. */
  of(client: RedisClient, key: string): Circuit {
    const server = isCluster(client) ? (client.slots[keySlot(key)]?.[0] ?? ONLY) : ONLY;
    let circuit = this.#circuits.get(server);
    if (circuit === undefined) {
      circuit = new Circuit({
        probe: () => this.#parts.probe(key),
        nowMs: () => performance.now(),
        after: (delayMs, run) => void setTimeout(run, delayMs).unref(),
        closed: () => this.#parts.closed(),
      });
      this.#circuits.set(server, circuit);
    }
    return circuit;
  }

  /** Whether a server is known not to answer in time. */
  get isAnyOpen(): boolean {
    for (const { isOpen } of this.#circuits.values()) if (isOpen) return true;
    return false;
  }

  /** How long the one that is open longest has been, in milliseconds. */
  get openForMs(): number {
    return Math.max(0, ...[...this.#circuits.values()].map((circuit) => circuit.openForMs));
  }

  /** Forgets everything: the connection is a new one. */
  reset(): void {
    for (const circuit of this.#circuits.values()) circuit.end();
    this.#circuits.clear();
  }
}

export function isCluster(client: RedisClient): client is Cluster {
  return 'slots' in client;
}
