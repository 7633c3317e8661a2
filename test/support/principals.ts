import { NO_ATTRIBUTES, Principal } from '../../src/core/principal.ts';

/** A verified caller: an API key without rights, unless the test says otherwise. */
export function principalWith(change: Partial<Principal> = {}): Principal {
  const method = change.method ?? 'apiKey';
  return new Principal({
    type: method === 'apiKey' ? 'key' : 'user',
    method,
    methods: method,
    subject: 'alice',
    credentialId: '',
    keyId: '',
    clientId: '',
    issuer: '',
    scopes: new Set(),
    roles: new Set(),
    attributes: NO_ATTRIBUTES,
    tier: '',
    grant: null,
    counterKey: 'x',
    ...change,
  });
}
