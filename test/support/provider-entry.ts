/*
 * A real authorization server as a process of its own: `provider-entry.ts PORT`. Its memory ends with it.
 * Clients: `caller` gets opaque tokens by client credentials, `gateway` may ask about them.
 */
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const client = (client_id: string) => ({
  client_id,
  client_secret: `${client_id} & its secret: %`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_basic' as const,
});

const provider = new Provider(issuer, {
  clients: [client('caller'), client('gateway')],
  scopes: ['orders:read', 'orders:write'],
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'orders:read orders:write',
        audience: resource,
        accessTokenFormat: 'opaque' as const,
      }),
    },
  },
});

provider.listen(port, '127.0.0.1', () => {
  process.stdout.write('ready\n');
});
