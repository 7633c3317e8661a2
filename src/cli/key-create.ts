import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

const lists = (what: string, value: string) => ({ kind: 'list', value, summary: what }) as const;

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
