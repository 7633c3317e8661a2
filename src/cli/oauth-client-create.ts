import { readFileSync } from 'node:fs';
import { AUTH_METHODS, CLIENT_CLASSES, GRANT_TYPES } from '../core/client-classes.ts';
import type { ClientClass } from '../core/oauth-records.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

const lists = (what: string, value: string) => ({ kind: 'list', value, summary: what }) as const;
const text = (what: string, value: string) => ({ kind: 'text', value, summary: what }) as const;
const DEVICE = 'device_code';

/** Grant types have short names on the command line; the RFC's is a URN. */
function grantOf(name: string): string {
  return name === DEVICE ? (GRANT_TYPES.find((type) => type.endsWith(`:${DEVICE}`)) as string) : name;
}

function keysFrom(path: string | undefined): { keys: Record<string, unknown>[] } | undefined {
  if (path === undefined) return undefined;
  try {
    const parsed = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(parsed.keys) ? parsed : { keys: [parsed] };
  } catch (error) {
    throw new CommandFailure('no_keys', `The keys in ${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** Kinds of names in a certificate, as they are written here and as the server has them. */
const CERTIFICATE_NAMES: Readonly<Record<string, string>> = {
  subject: 'subject_dn',
  dns: 'san_dns',
  uri: 'san_uri',
  email: 'san_email',
};

function certificateFrom(name: string | undefined): { field: string; value: string } | undefined {
  if (name === undefined) return undefined;
  const at = name.indexOf(':');
  const kind = name.slice(0, Math.max(0, at));
  if (!Object.hasOwn(CERTIFICATE_NAMES, kind)) {
    const kinds = Object.keys(CERTIFICATE_NAMES).join(', ');
    throw new UsageError(
      `--certificate is one of ${kinds}, a colon and the name, such as \`dns:partner.example\`.`,
      'oauth client create',
    );
  }
  return { field: CERTIFICATE_NAMES[kind] as string, value: name.slice(at + 1) };
}

/** `portcullis oauth client create`. */
export const oauthClientCreate = defineCommand({
  name: 'oauth client create',
  summary: 'Register a client of the authorization server and show its secret, this once.',
  about: [
    `Classes: internal (keeps a secret or key), partner (shows a certificate), public (can keep nothing secret). The class decides which grant types and ways to authenticate there are.`,
    'Only a salted hash of the secret is kept. Redirect URIs are compared character by character.',
  ],
  words: [],
  options: {
    name: {
      kind: 'text',
      value: 'NAME',
      required: true,
      summary: 'What people see when they are asked for consent.',
    },
    class: {
      kind: 'text',
      value: 'CLASS',
      required: true,
      summary: `${Object.keys(CLIENT_CLASSES).join(', ')}.`,
    },
    id: text('Its id; made up when absent.', 'ID'),
    owner: text('Who answers for it: a person, team or company.', 'OWNER'),
    grants: lists(`Grant types: authorization_code, client_credentials, refresh_token, ${DEVICE}.`, 'GRANTS'),
    'auth-method': text(`How it authenticates: ${AUTH_METHODS.join(', ')}.`, 'METHOD'),
    'redirect-uris': lists('Where browsers may be sent back to.', 'URIS'),
    'logout-uris': lists('Where browsers may be sent after signing out.', 'URIS'),
    scopes: lists('Scopes of resources that it may ask for.', 'SCOPES'),
    resources: lists('Resources it may have tokens for; all when absent.', 'IDS'),
    roles: lists('Roles of tokens that it has for itself.', 'ROLES'),
    tier: text('Rate limit tier of tokens that it has for itself.', 'TIER'),
    jwks: text('File with its public keys as JSON Web Keys.', 'FILE'),
    certificate: text(
      'Name in its certificate, such as `dns:partner.example` or `subject:CN=partner`.',
      'KIND:NAME',
    ),
    dpop: { kind: 'flag', summary: 'Its tokens must be bound to a key by DPoP.' },
    par: { kind: 'flag', summary: 'Its authorization requests must be pushed first.' },
    introspection: {
      kind: 'flag',
      summary: 'It may ask about tokens of other clients, as a resource server does.',
    },
    config: CONFIG_OPTION,
  },
  examples: [
    [
      'portcullis oauth client create --class internal --name billing --scopes orders:read',
      'A service that speaks for itself.',
    ],
    [
      'portcullis oauth client create --class public --name shop --redirect-uris https://shop.example/callback',
      'A web application whose users sign in.',
    ],
  ],
  exits: { 0: 'The client is registered.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'createOauthClient', {
      body: {
        id: values.id,
        name: values.name,
        owner: values.owner,
        class: values.class as ClientClass,
        authMethod: values['auth-method'] as (typeof AUTH_METHODS)[number] | undefined,
        grantTypes:
          values.grants.length === 0
            ? undefined
            : (values.grants.map(grantOf) as (typeof GRANT_TYPES)[number][]),
        redirectUris: values['redirect-uris'],
        postLogoutRedirectUris: values['logout-uris'],
        scopes: values.scopes,
        resources: values.resources,
        roles: values.roles,
        tier: values.tier,
        jwks: keysFrom(values.jwks),
        certificate: certificateFrom(values.certificate) as never,
        dpopRequired: values.dpop,
        parRequired: values.par,
        mayIntrospect: values.introspection,
      },
    });
    const { client, secret, notes } = result;
    const lines = [`Client ${terminal.paint('bold', client.id)} (${printable(client.name)}) is registered.`];
    if (secret !== null) {
      lines.push('', terminal.paint('bold', secret), '', 'Keep the secret now: it is not shown again.');
    }
    return {
      text: [...lines, ...notes.map((note) => terminal.paint('yellow', note))].join('\n'),
      json: result,
    };
  },
});
