import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { SECRET_METHODS } from '../core/client-classes.ts';
import type { ClientSecret, KeyReport, OauthClient } from '../core/oauth-records.ts';
import { hashSecret } from '../lib/apikey/secret-hash.ts';
import { instantOf } from './instants.ts';
import { clientFaults, settledOf } from './oauth-client-rules.ts';
import type {
  createdOauthClient,
  createOauthClientBody,
  oauthClientView,
  oauthKeyList,
} from './oauth-schemas.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const ID_BYTES = 12;

type Body = z.output<typeof createOauthClientBody>;
type Created = z.input<typeof createdOauthClient>;

/** What may be shown of a client: neither salt nor hash of a secret. */
export function viewOfClient(client: OauthClient, nowMs: number): z.input<typeof oauthClientView> {
  const live = client.secrets.filter(({ expiresAtMs }) => expiresAtMs === 0 || expiresAtMs > nowMs);
  const { secrets: _, createdAtMs, disabledAtMs, jwks, ...rest } = client;
  return {
    ...rest,
    grantTypes: [...rest.grantTypes],
    redirectUris: [...rest.redirectUris],
    postLogoutRedirectUris: [...rest.postLogoutRedirectUris],
    scopes: [...rest.scopes],
    resources: [...rest.resources],
    roles: [...rest.roles],
    certificate: rest.certificate as z.input<typeof oauthClientView>['certificate'],
    status: disabledAtMs === 0 ? 'enabled' : 'disabled',
    jwks: jwks === '' ? null : JSON.parse(jwks),
    secrets: live.map(({ expiresAtMs }) => ({ expiresAt: instantOf(expiresAtMs) })),
    createdAt: new Date(createdAtMs).toISOString(),
    disabledAt: instantOf(disabledAtMs),
  };
}

const noSuchClient = (id: string) =>
  new Problem(
    404,
    'not_found',
    `There is no client with the id ${id}: \`portcullis oauth client list\` shows all.`,
  );

/** A new secret of 256 random bits with its salted hash. */
function makeSecret(): { readonly secret: string; readonly hashed: ClientSecret } {
  const secret = `cs_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const salt = randomBytes(SALT_BYTES).toString('hex');
  return { secret, hashed: { salt, hash: hashSecret(secret, salt), expiresAtMs: 0 } };
}

function recordOf(body: Body, id: string, secrets: readonly ClientSecret[], nowMs: number): OauthClient {
  const { jwks, certificate, id: _, authMethod: __, grantTypes: ___, ...rest } = body;
  return {
    ...rest,
    ...settledOf(body),
    id,
    secrets,
    jwks: jwks === undefined ? '' : JSON.stringify(jwks),
    certificate: certificate ?? null,
    createdAtMs: nowMs,
    disabledAtMs: 0,
  };
}

/** Registers a client; shows its secret, this once. */
export async function createClient(services: ControlServices, body: Body): Promise<Created | Problem> {
  const faults = clientFaults(body, services.oauth.facts());
  if (faults.length > 0)
    return new Problem(422, 'invalid_client', `The client cannot be registered: ${faults.join('; ')}.`, {
      faults,
    });
  const id = body.id ?? `${body.class}-${randomBytes(ID_BYTES).toString('hex')}`;
  const made = SECRET_METHODS.includes(settledOf(body).authMethod) ? makeSecret() : null;
  const nowMs = services.clock.nowMs();
  const client = recordOf(body, id, made === null ? [] : [made.hashed], nowMs);
  if (!(await services.oauth.clients.create(client)))
    return new Problem(409, 'exists', `There is a client with the id ${id} already: choose another.`);
  return { client: viewOfClient(client, nowMs), secret: made?.secret ?? null, notes: notesOn(client) };
}

function notesOn({ authMethod, redirectUris, scopes }: OauthClient): string[] {
  const notes: string[] = [];
  if (authMethod === 'client_secret_post')
    notes.push(
      'Weak: a secret in the body of a request ends up in more logs; prefer client_secret_basic or a key.',
    );
  if (redirectUris.some((text) => URL.parse(text)?.hostname === 'localhost'))
    notes.push('Weak: `localhost` can be another machine; prefer 127.0.0.1 or [::1].');
  if (scopes.length === 0)
    notes.push('The client has no scopes of resources yet: its tokens open nothing that asks for one.');
  return notes;
}

export async function listClients(services: ControlServices) {
  const nowMs = services.clock.nowMs();
  return { clients: (await services.oauth.clients.list()).map((client) => viewOfClient(client, nowMs)) };
}

export async function showClient(services: ControlServices, id: string) {
  const client = await services.oauth.clients.find(id);
  return client === null ? noSuchClient(id) : viewOfClient(client, services.clock.nowMs());
}

/** Gives a client another secret; the old ones end after a time of grace. */
export async function rotateSecret(
  services: ControlServices,
  id: string,
  graceHours: number,
): Promise<Created | Problem> {
  const client = await services.oauth.clients.find(id);
  if (client === null) return noSuchClient(id);
  if (!SECRET_METHODS.includes(client.authMethod))
    return new Problem(
      409,
      'no_secret',
      `The client ${id} has no secret: it authenticates by ${client.authMethod}.`,
    );
  const nowMs = services.clock.nowMs();
  const endMs = nowMs + graceHours * HOUR_MS;
  const made = makeSecret();
  const keptOf = (secrets: readonly ClientSecret[]) =>
    secrets
      .map((old) => ({
        ...old,
        expiresAtMs: old.expiresAtMs === 0 ? endMs : Math.min(old.expiresAtMs, endMs),
      }))
      .filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  const changed = await services.oauth.clients.change(id, (now) => ({
    ...now,
    secrets: [made.hashed, ...keptOf(now.secrets)],
  }));
  if (changed === null) return noSuchClient(id);
  return { client: viewOfClient(changed, nowMs), secret: made.secret, notes: [] };
}

/** Lets a client in or not; what it was given before stops to work while it is not. */
export async function setEnabled(services: ControlServices, id: string, isEnabled: boolean) {
  const nowMs = services.clock.nowMs();
  const changed = await services.oauth.clients.change(id, (client) => ({
    ...client,
    disabledAtMs: isEnabled ? 0 : client.disabledAtMs || nowMs,
  }));
  return changed === null ? noSuchClient(id) : viewOfClient(changed, nowMs);
}

/** Removes a client with everything it was given. */
export async function deleteClient(services: ControlServices, id: string) {
  if (!(await services.oauth.clients.delete(id))) return noSuchClient(id);
  return { id, ended: await services.oauth.endClient(id) };
}

const viewOfKeys = (keys: readonly KeyReport[]): z.input<typeof oauthKeyList> => ({
  keys: keys.map(({ kid, state, activeFromMs, expiresAtMs }) => ({
    kid,
    state,
    activeFrom: new Date(activeFromMs).toISOString(),
    expiresAt: instantOf(expiresAtMs),
  })),
});

export async function listSigningKeys(services: ControlServices) {
  return viewOfKeys(await services.oauth.signingKeys());
}

export async function rotateSigningKeys(services: ControlServices, now: boolean) {
  return viewOfKeys(await services.oauth.rotateSigningKeys(now));
}
