import type {
  Clock,
  IntrospectionAnswer,
  IntrospectionServer,
  TokenIntrospection,
} from '../../core/ports.ts';
import { discoverMember } from '../keysets/discovery.ts';
import { fetchText } from '../keysets/fetch-text.ts';
import { askServer } from './ask-server.ts';
import { CallLimits } from './call-limits.ts';

/** How long the address of an endpoint that was discovered is believed. */
const ENDPOINT_MS = 3_600_000;
/** Servers that are remembered: those of former configurations are forgotten in their order. */
const MAX_SERVERS = 1024;

interface ServerState {
  readonly limits: CallLimits;
  /** Address that was discovered, and until when it counts. */
  endpoint: string;
  endpointUntilMs: number;
  discovery: Promise<string> | null;
}

/**
 * Asks authorization servers about tokens, from one thread.
 *
 * Safety: calls under way and calls per second are bounded for each server, and a server that fails is left alone for
 * five seconds, so that neither strangers with random tokens nor an outage make the gateway a burden to it.
 */
export class Introspector implements TokenIntrospection {
  readonly #clock: Clock;
  readonly #servers = new Map<string, ServerState>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async introspect(server: IntrospectionServer, token: string): Promise<IntrospectionAnswer> {
    const { limits, ...state } = this.#stateOf(server);
    const startMs = this.#clock.nowMs();
    const problem = limits.problem(startMs);
    if (problem !== '') return { kind: 'unavailable', problem };
    if (!limits.take(startMs)) {
      const where = server.endpoint || state.endpoint || server.issuer;
      return { kind: 'busy', problem: `As many tokens as allowed are being asked about at ${where}.` };
    }
    try {
      const endpoint = await this.#endpointOf(server);
      const claims = await askServer(endpoint, server, token, this.#clock.nowMs());
      limits.succeeded();
      return claims.active === true ? { kind: 'active', claims } : { kind: 'inactive' };
    } catch (error) {
      const { message } = error as Error;
      limits.failed(message, this.#clock.nowMs());
      return { kind: 'unavailable', problem: message };
    }
  }

  async #endpointOf(server: IntrospectionServer): Promise<string> {
    if (server.endpoint !== '') return server.endpoint;
    const state = this.#stateOf(server);
    if (this.#clock.nowMs() < state.endpointUntilMs) return state.endpoint;
    state.discovery ??= this.#discover(server, state);
    return state.discovery;
  }

  async #discover({ issuer }: IntrospectionServer, state: ServerState): Promise<string> {
    try {
      const endpoint = await discoverMember(issuer, 'introspection_endpoint', fetchText);
      state.endpoint = endpoint;
      state.endpointUntilMs = this.#clock.nowMs() + ENDPOINT_MS;
      return endpoint;
    } finally {
      state.discovery = null;
    }
  }

  #stateOf({ endpoint, issuer, client, maxCalls, callsPerS }: IntrospectionServer): ServerState {
    const key = JSON.stringify([endpoint, issuer, client.id, client.method, maxCalls, callsPerS]);
    let state = this.#servers.get(key);
    if (state !== undefined) return state;
    if (this.#servers.size >= MAX_SERVERS) {
      const oldest = this.#servers.keys().next().value as string;
      this.#servers.delete(oldest);
    }
    const limits = new CallLimits(maxCalls, callsPerS, this.#clock.nowMs());
    state = { limits, endpoint: '', endpointUntilMs: 0, discovery: null };
    this.#servers.set(key, state);
    return state;
  }
}
