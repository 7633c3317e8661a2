import { join } from 'node:path';
import { type Running, startNode } from './run-node.ts';

const ENTRY = join(import.meta.dirname, 'identity-provider-entry.ts');

/** Another OpenID Connect provider, which can die and come back with other keys. */
export interface IdentityProvider {
  readonly issuer: string;
  start(): Promise<void>;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

/** A provider on a port, with one client that is redirected to a URI. */
export function identityProvider(port: number, redirectUri: string): IdentityProvider {
  let running: Running | null = null;
  return {
    issuer: `http://127.0.0.1:${port}`,
    async start() {
      running = startNode(ENTRY, [String(port), redirectUri]);
      await running.saysOut('ready');
    },
    async kill() {
      running?.process.kill('SIGKILL');
      await running?.ended;
      running = null;
    },
  };
}
