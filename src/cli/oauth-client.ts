import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';

type ClientView = ResultOf<'getOauthClient'>;

const words = (list: readonly string[]): string => (list.length === 0 ? '-' : list.join(' '));
const grants = ({ grantTypes }: ClientView): string =>
  words(grantTypes.map((type) => type.slice(type.lastIndexOf(':') + 1)));

/** `portcullis oauth client list`. */
export const oauthClientList = defineCommand({
  name: 'oauth client list',
  summary: 'List the clients of the authorization server, the newest first.',
  about: [],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth client list', 'All clients.']],
  exits: { 0: 'The clients are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'listOauthClients');
    if (result.clients.length === 0)
      return { text: 'There are no clients. Make one with `portcullis oauth client create`.', json: result };
    const rows = result.clients.map((client) => [
      client.id,
      client.class,
      client.status,
      printable(client.name),
      client.authMethod,
      grants(client),
      words(client.scopes),
    ]);
    const [head = '', ...lines] = table([
      ['ID', 'CLASS', 'STATUS', 'NAME', 'AUTHENTICATES BY', 'GRANTS', 'SCOPES'],
      ...rows,
    ]);
    return { text: [terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});

function describe(client: ClientView): string {
  const rows: (readonly [string, string])[] = [
    ['Id', client.id],
    ['Name', printable(client.name)],
    ['Owner', printable(client.owner) || '-'],
    ['Class', client.class],
    ['Status', client.status],
    ['Authenticates by', client.authMethod],
    ['Grants', grants(client)],
    ['Redirect URIs', words(client.redirectUris)],
    ['After signing out', words(client.postLogoutRedirectUris)],
    ['Scopes', words(client.scopes)],
    ['Resources', client.resources.length === 0 ? 'all' : words(client.resources)],
    ['Roles', words(client.roles)],
    ['Tier', client.tier || '-'],
    ['Secrets', client.secrets.map(({ expiresAt }) => expiresAt ?? 'no end').join(', ') || '-'],
    ['Registered', client.createdAt],
  ];
  return table(rows.map(([name, value]) => [name, value])).join('\n');
}

/** `portcullis oauth client show`. */
export const oauthClientShow = defineCommand({
  name: 'oauth client show',
  summary: 'Show a client of the authorization server.',
  about: ['Of its secrets only their end is known.'],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth client show billing', 'Takes the id that `oauth client list` shows.']],
  exits: { 0: 'The client is shown.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [id = ''] }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'getOauthClient', { params: { id } });
    return { text: describe(result), json: result };
  },
});

/** `portcullis oauth client rotate-secret`. */
export const oauthClientRotateSecret = defineCommand({
  name: 'oauth client rotate-secret',
  summary: 'Give a client another secret and show it, this once.',
  about: ['The old secret is accepted for some hours more, so that the client can change over.'],
  words: ['ID'],
  options: {
    'grace-hours': {
      kind: 'number',
      value: 'HOURS',
      least: 0,
      most: 24 * 90,
      default: 24,
      summary: 'Hours that the old secret is still accepted; 0 ends it at once.',
    },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis oauth client rotate-secret billing --grace-hours 0', 'After a leak.']],
  exits: { 0: 'The client has another secret.', 1: 'It has not: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'rotateOauthClientSecret', {
      params: { id },
      body: { graceHours: values['grace-hours'] },
    });
    const text = `${terminal.paint('bold', result.secret ?? '')}\n\nKeep the secret now: it is not shown again.`;
    return { text, json: result };
  },
});

/** `portcullis oauth client disable`. */
export const oauthClientDisable = defineCommand({
  name: 'oauth client disable',
  summary: 'Let a client in no more.',
  about: [
    'Takes effect at once, on every gateway. Signed access tokens that it has stay valid until they expire.',
  ],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth client disable billing', 'Until `oauth client enable`.']],
  exits: { 0: 'The client is disabled.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [id = ''] }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'disableOauthClient', {
      params: { id },
    });
    return { text: `Client ${result.id} is disabled.`, json: result };
  },
});

/** `portcullis oauth client enable`. */
export const oauthClientEnable = defineCommand({
  name: 'oauth client enable',
  summary: 'Let a disabled client in again.',
  about: [],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth client enable billing', 'With the secrets it had.']],
  exits: { 0: 'The client is enabled.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [id = ''] }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'enableOauthClient', {
      params: { id },
    });
    return { text: `Client ${result.id} is enabled.`, json: result };
  },
});

/** `portcullis oauth client delete`. */
export const oauthClientDelete = defineCommand({
  name: 'oauth client delete',
  summary: 'Remove a client with everything it was given.',
  about: ['Signed access tokens that it has stay valid until they expire; everything else ends at once.'],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis oauth client delete billing', 'For good.']],
  exits: { 0: 'The client is gone.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [id = ''] }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'deleteOauthClient', {
      params: { id },
    });
    return {
      text: `Client ${result.id} is gone, with ${result.ended} codes, tokens and grants.`,
      json: result,
    };
  },
});
