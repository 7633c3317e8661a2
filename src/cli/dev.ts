import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { runOperation } from '../control/operation.ts';
import { OPERATIONS, type ResultOf } from '../control/operations.ts';
import { Unavailable } from '../core/errors.ts';
import type { Gateway } from '../gateway.ts';
import { defineCommand } from './command.ts';
import { DEV_LISTENER, type DevWishes, devDocument } from './dev-config.ts';
import { devText } from './dev-text.ts';
import { UsageError } from './failure.ts';
import { followJournal } from './follow-journal.ts';
import { humanLog } from './log.ts';
import { readOpenApi } from './read-openapi.ts';
import { requestLine } from './request-line.ts';
import { DEV_CONFIG } from './target.ts';
import { untilStopped } from './until-stopped.ts';

const KEY_DAYS = 1;
const HEADER =
  '# Written by `portcullis dev` for the other commands; a good beginning for a file of your own.\n';

/** The origin of the upstream; throws UsageError for what is no URL or more than an origin. */
function originOf(text: string): string {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  const isOrigin =
    url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (isOrigin) return url.origin;
  const advice = 'write scheme, host and port only, such as http://127.0.0.1:3000';
  throw new UsageError(`--upstream cannot be \`${text}\`: ${advice}.`, 'dev');
}

/** Leaves the configuration where `explain`, `key` and `status` find it; in its own folder that is its data folder. */
function saveCopy(wishes: DevWishes): void {
  try {
    mkdirSync(dirname(DEV_CONFIG), { recursive: true, mode: 0o700 });
    writeFileSync(DEV_CONFIG, HEADER + stringify(devDocument(wishes, '.')));
  } catch (error) {
    const why = `${resolve(dirname(DEV_CONFIG))} cannot be written: ${(error as Error).message}.`;
    throw new Unavailable('data folder', why, { cause: error });
  }
}

async function createDevKey(gateway: Gateway): Promise<string> {
  const body = { name: 'dev', owner: 'dev', expiresInDays: KEY_DAYS };
  const result = await runOperation(OPERATIONS.createKey, gateway.services, { body });
  return (result as ResultOf<'createKey'>).key;
}

/** `portcullis dev`. */
export const dev = defineCommand({
  name: 'dev',
  summary: 'Put a gateway in front of a server on this machine, without a configuration.',
  about: [
    'Listens on 127.0.0.1 and asks callers for an API key, which it creates and prints once. With an OpenAPI document ' +
      'only the paths, methods and content types that it declares pass, JSON bodies are checked, and operations ' +
      'whose `security` is `[]` need no key. Prints a line per request.',
    'Keeps its data in ./.portcullis, where `portcullis explain`, `key` and `status` find it.',
  ],
  words: [],
  options: {
    upstream: {
      kind: 'text',
      value: 'URL',
      required: true,
      summary: 'The server to protect, such as http://127.0.0.1:3000.',
    },
    openapi: {
      kind: 'text',
      value: 'FILE',
      summary: 'OpenAPI 3.0 or 3.1 document of the API, in YAML or JSON.',
    },
    port: {
      kind: 'number',
      value: 'PORT',
      least: 0,
      most: 65_535,
      default: 8080,
      summary: 'Port to listen on; 0 takes any.',
    },
    'admin-port': {
      kind: 'number',
      value: 'PORT',
      least: 0,
      most: 65_535,
      default: 9443,
      summary: 'Port of the admin API.',
    },
    key: { kind: 'flag', summary: 'Ask callers for an API key; this is what happens anyway.' },
    open: { kind: 'flag', summary: 'Ask callers for nothing.' },
  },
  examples: [
    ['portcullis dev --upstream http://127.0.0.1:3000', 'Asks for a key and passes everything else.'],
    [
      'portcullis dev --upstream http://127.0.0.1:3000 --openapi openapi.yaml',
      'Passes what the document declares.',
    ],
  ],
  exits: { 0: 'It was told to stop and has.', 1: 'It could not start: the sentence says why.' },
  run: async ({ values, terminal }) => {
    if (values.open && values.key) throw new UsageError('--open and --key exclude each other.', 'dev');
    const imported = values.openapi === undefined ? null : readOpenApi(values.openapi);
    const { port, open } = values;
    const wishes = {
      upstream: originOf(values.upstream),
      port,
      adminPort: values['admin-port'],
      open,
      imported,
    };
    const log = humanLog(terminal);
    const document = devDocument(wishes, '.portcullis');
    const { startGateway } = await import('../gateway.ts');
    const gateway = await startGateway({ source: { document, baseDir: process.cwd() }, log });
    const url = `http://127.0.0.1:${gateway.ports[DEV_LISTENER]}`;
    saveCopy({ ...wishes, adminPort: Number(new URL(gateway.admin.url).port) });
    const key = open ? null : await createDevKey(gateway);
    const follower = followJournal(gateway.services.journalPath(), (record) => {
      if (record['event.action'] === 'request') terminal.err(requestLine(record, terminal));
    });
    const facts = { url, key, upstream: wishes.upstream, admin: gateway.admin, imported };
    return {
      text: devText(facts, terminal),
      json: {
        pid: process.pid,
        ...facts,
        imported: undefined,
        endpoints: imported?.endpoints ?? null,
        notes: imported?.notes ?? [],
      },
      stopped: untilStopped(gateway, log, () => follower.close()),
    };
  },
});
