import { KEY_KINDS, type KeyKind } from '../core/ports.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

const lists = (what: string, value: string) => ({ kind: 'list', value, summary: what }) as const;

const limit = (when: string) =>
  ({
    kind: 'number',
    value: 'N',
    least: 0,
    most: 1_000_000,
    default: 0,
    summary: `Its own limit: requests ${when}; 0 is none.`,
  }) as const;

function kindOf(text: string): KeyKind {
  const kind = KEY_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new UsageError(`--kind is one of ${KEY_KINDS.join(', ')}.`, 'key create');
}

/** `portcullis key create`. */
export const keyCreate = defineCommand({
  name: 'key create',
  summary: 'Create an API key and show it, this once.',
  about: [
    'A running gateway takes the key at once. Where none runs, the key is put into its database for the next start.',
    'Only a salted hash of the key is kept, so it cannot be shown again.',
  ],
  words: [],
  options: {
    name: { kind: 'text', value: 'NAME', required: true, summary: 'What the key is for, in your own words.' },
    owner: { kind: 'text', value: 'OWNER', summary: 'Who answers for it: a person, team or service.' },
    scopes: lists('Scopes it grants, with commas between.', 'SCOPES'),
    roles: lists('Roles it grants.', 'ROLES'),
    tier: {
      kind: 'text',
      value: 'TIER',
      summary: 'Its rate limit tier; the default of the API when absent.',
    },
    apis: lists('Ids of the APIs it is limited to; all when absent.', 'APIS'),
    endpoints: lists('Endpoints it is limited to, as `api/endpoint`; all when absent.', 'ENDPOINTS'),
    methods: lists('Methods it is limited to; all when absent.', 'METHODS'),
    countries: lists('Countries it may be used from, such as DE,FR; all when absent.', 'COUNTRIES'),
    kind: {
      kind: 'text',
      value: 'KIND',
      default: 'partner',
      summary: 'What it is for: internal, partner, app or public.',
    },
    client: { kind: 'text', value: 'CLIENT', summary: 'OAuth client that it belongs to.' },
    'limit-minute': limit('in any 60 seconds'),
    'limit-hour': limit('in any 60 minutes'),
    'limit-day': limit('in any 24 hours'),
    'rotate-days': {
      kind: 'number',
      value: 'DAYS',
      least: 0,
      most: 365,
      default: 0,
      summary: 'Days after which the gateway replaces it by itself (internal keys); 0 never.',
    },
    'deliver-file': {
      kind: 'text',
      value: 'PATH',
      summary: 'File for its successors, inside of `keys.deliveryFolder`.',
    },
    'deliver-webhook': {
      kind: 'text',
      value: 'NAME',
      summary: 'Webhook of `notices.webhooks` for its successors.',
    },
    prefix: {
      kind: 'text',
      value: 'PREFIX',
      default: 'pk',
      summary: 'First part of the key: 2 to 8 lower-case letters and digits.',
    },
    'expires-days': {
      kind: 'number',
      value: 'DAYS',
      least: 0,
      most: 3650,
      default: 90,
      summary: 'Days until it expires; 0 never expires, which is weak.',
    },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis key create --name ci --owner team-web --scopes orders:read', 'A key for one job.'],
    [
      'portcullis key create --name etl --kind internal --rotate-days 30 --deliver-file etl.key',
      'A key that the gateway replaces every 30 days.',
    ],
    ['portcullis key create --name batch --json | jq -r .key', 'The key alone, for a script.'],
  ],
  exits: { 0: 'The key was created.', 1: 'It was not: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'createKey', {
      body: {
        name: values.name,
        owner: values.owner,
        scopes: values.scopes,
        roles: values.roles,
        tier: values.tier,
        apis: values.apis,
        endpoints: values.endpoints,
        methods: values.methods.map((method) => method.toUpperCase()),
        countries: values.countries.map((country) => country.toUpperCase()),
        kind: kindOf(values.kind),
        client: values.client,
        limits: {
          perMinute: values['limit-minute'],
          perHour: values['limit-hour'],
          perDay: values['limit-day'],
        },
        rotateEveryDays: values['rotate-days'],
        deliverFile: values['deliver-file'],
        deliverWebhook: values['deliver-webhook'],
        prefix: values.prefix,
        expiresInDays: values['expires-days'],
      },
    });
    const { key, record, notes, slowestMs } = result;
    const expires = record.expiresAt === null ? 'never expires' : `expires ${record.expiresAt}`;
    const text = [
      terminal.paint('bold', key),
      '',
      `Keep it now: it is not shown again. Id ${record.id}, name ${printable(record.name)}, ${expires}.`,
      ...notes.map((note) => terminal.paint('yellow', note)),
    ].join('\n');
    return { text, json: { key, ...record, slowestMs, notes } };
  },
});
