import { existsSync } from 'node:fs';
import { problemRecords } from '../config/format-problems.ts';
import { type AdminClient, adminClient } from '../control/client.ts';
import { offlineServices } from '../control/offline-services.ts';
import { Problem, runOperation } from '../control/operation.ts';
import { type InputOf, OPERATIONS, type OperationId, type ResultOf } from '../control/operations.ts';
import type { ControlServices, NodeAcknowledgement } from '../control/services.ts';
import type { ConfigProblem } from '../core/errors.ts';
import { awaitNodes } from '../runtime/await-nodes.ts';
import { REAL_TIME, SETTLE_MS } from '../runtime/member-time.ts';
import { NodeWatch } from '../runtime/node-watch.ts';
import { recordOfNotice } from '../runtime/notice-board.ts';
import { type Database, openDatabase } from '../stores/sql/open-database.ts';
import { VERSION } from '../version.ts';
import { CommandFailure } from './failure.ts';
import type { Target } from './target.ts';

const NO_PLACES = { folder: '', webhooks: [] };
const DEFAULT_GRACE_H = 72;
const clock = { nowMs: () => Date.now() };

/** Operations that may make the database they write to. */
const CREATING: readonly OperationId[] = [
  'createKey',
  'createUser',
  'createOauthClient',
  'revokeToken',
  'addLimitException',
  'requestWafBypass',
];

/** What an operation answered, and who did it. */
export interface Operated<Id extends OperationId> {
  readonly result: ResultOf<Id>;
  /** `gateway` or, where none runs, `database`. */
  readonly by: 'gateway' | 'database';
}

function clientFor({ admin, dataDir }: Target): AdminClient {
  return adminClient({ ...admin, dataDir });
}

/** Turns the refusal of an operation into the end of the command. */
function accept<Result>(target: Target, result: Result | Problem): Result {
  if (!(result instanceof Problem)) return result;
  const { error, message, members } = result;
  const problems = Array.isArray(members.problems) ? (members.problems as ConfigProblem[]) : [];
  throw new CommandFailure(error, message, problemRecords(target.path, problems));
}

/** Has the running gateway do an operation; Unavailable when none runs. */
export async function operateGateway<Id extends OperationId>(
  target: Target,
  id: Id,
  input: InputOf<Id> = {},
): Promise<ResultOf<Id>> {
  return accept(target, await clientFor(target).call(id, input));
}

/**
 * Has the running gateway do an operation, or does it on the database where none runs.
 *
 * Errors: Unavailable for a database that cannot be used, such as one that a gateway holds which answers nowhere;
 * CommandFailure for what the operation refuses.
 */
export async function operateAnywhere<Id extends OperationId>(
  target: Target,
  id: Id,
  input: InputOf<Id> = {},
): Promise<Operated<Id>> {
  if (await clientFor(target).isRunning()) {
    return { result: await operateGateway(target, id, input), by: 'gateway' };
  }
  const { location } = target.store;
  // Whoever only reads must not leave an empty database behind, least of all at a wrong place.
  if (!CREATING.includes(id) && location.kind === 'sqlite' && !existsSync(location.path)) {
    throw new CommandFailure('no_database', `No gateway runs, and there is no database at ${location.path}.`);
  }
  const database = await openDatabase({ ...target.store, clock });
  try {
    const result = await runOperation(OPERATIONS[id], servicesOn(target, database), input);
    return { result: accept(target, result as ResultOf<Id> | Problem), by: 'database' };
  } finally {
    await database.close();
  }
}

/** Services on the database alone; the names of APIs and tiers are those of the file. */
function servicesOn(
  { path, journalPath, names, passwords, oauth, governance, keys: life }: Target,
  database: Database,
): ControlServices {
  const { keys, usage, decisions, limitActivity, notices, users, revocations, limitExceptions, waf } =
    database;
  const services = offlineServices({
    clock,
    version: VERSION,
    keys,
    usage,
    decisions,
    limitActivity,
    adaptiveActions: database.adaptive,
    // The next gateway to start announces it.
    notices: {
      list: notices.list,
      record: async (notice) => void (await notices.add(recordOfNotice(notice, clock.nowMs()))),
    },
    users,
    revocations,
    limitExceptions,
    waf,
    passwordPolicy: passwords,
    endSessions: async (userId) => void (await database.oauth.artifacts.deleteAccount('', userId)),
    keyDelivery: life?.places ?? NO_PLACES,
    governance,
    graceHours: life?.graceHours ?? DEFAULT_GRACE_H,
    awaitNodes: (withinMs = SETTLE_MS) => awaitOthers(database, withinMs),
    oauth: {
      clients: database.oauth.clients,
      facts: () => oauth,
      endClient: (client) => database.oauth.artifacts.deleteClient(client),
    },
    journalPath,
    configPath: path,
  });
  const plan = names === null ? null : { version: 0, loadedAtMs: clock.nowMs(), ...names };
  return { ...services, status: () => ({ ...services.status(), plan }) };
}

/** Waits for gateways on other machines that use the database, of which this command is none. */
async function awaitOthers({ shared }: Database, withinMs: number): Promise<readonly NodeAcknowledgement[]> {
  if (shared === null) return [];
  return awaitNodes({ shared, watch: new NodeWatch(), time: REAL_TIME, ownId: '', withinMs });
}
