import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { OauthClientStore } from '../core/oauth-records.ts';
import { metadataOf } from './client-metadata.ts';
import { asProviderError } from './provider-errors.ts';

/** Finds registered clients; a disabled one is not there. The provider never writes any. */
export class ClientAdapter implements Adapter {
  readonly #clients: OauthClientStore;
  readonly #beforeFind: (id: string) => Promise<void>;

  /** `beforeFind` may refuse, by throwing, before it is known whether there is such a client. */
  constructor(clients: OauthClientStore, beforeFind: (id: string) => Promise<void>) {
    this.#clients = clients;
    this.#beforeFind = beforeFind;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    await this.#beforeFind(id);
    try {
      const client = await this.#clients.find(id);
      return client === null || client.disabledAtMs !== 0
        ? undefined
        : (metadataOf(client) as AdapterPayload);
    } catch (error) {
      throw asProviderError(error);
    }
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async upsert(): Promise<never> {
    throw new Error('clients are registered by the operator only');
  }
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
