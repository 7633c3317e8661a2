import type { GatewayConfig } from '../config/config.ts';
import { BUILTIN_ISSUER } from '../config/oauth-api.ts';
import type { OauthControl, OauthFacts } from '../control/services.ts';
import { Unavailable } from '../core/errors.ts';
import type { Counters } from '../core/limits.ts';
import type { Notices } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import type { AuthorizationServer } from '../oauth/authorization-server.ts';
import type { ListenerAuthorities } from '../oauth/client-certificate.ts';
import type { OauthEvent, OauthEvents } from '../oauth/events.ts';
import { loadSecret } from '../oauth/secret-file.ts';
import type { People } from '../oauth/users/people.ts';
import { openTrust } from '../plan/trust-files.ts';
import { JournalLines } from '../proxy/journal-lines.ts';
import type { KeySetUpdate } from '../stores/keysets/key-set-update.ts';
import type { Database } from '../stores/sql/open-database.ts';
import type { LoadedConfig } from './config-source.ts';
import { type Log, stackOf } from './gateway-log.ts';
import type { Material, PlanDocument } from './messages.ts';
import type { StandingProblems } from './standing-problems.ts';

/** What the built-in authorization server is made of. */
export interface OauthServiceParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly counters: Counters;
  /** In the place of the users of the database; null for these. */
  readonly people: People | null;
  readonly notices: Notices;
  readonly problems: StandingProblems;
  readonly log: Log;
  readonly publishKeys: (update: KeySetUpdate) => void;
}

/** The built-in authorization server of a running gateway, where its configuration has one. */
export class OauthService {
  readonly #parts: OauthServiceParts;
  #server: AuthorizationServer | null = null;
  #events: EventWriter | null = null;

  constructor(parts: OauthServiceParts) {
    this.#parts = parts;
  }

  /** Null where there is none. */
  get server(): AuthorizationServer | null {
    return this.#server;
  }

  /** Starts it where the configuration has one, and tells how to reach it. Errors: Unavailable. */
  async start({ config, material }: LoadedConfig): Promise<PlanDocument['oauth']> {
    const { oauth } = config;
    if (oauth === undefined) return null;
    const { database, clock, counters, problems, publishKeys } = this.#parts;
    const events = new EventWriter(this.#parts, config.journal.path);
    this.#events = events;
    // Gateways without one do not load its library.
    const { AuthorizationServer } = await import('../oauth/authorization-server.ts');
    const { peopleOf } = await import('../oauth/users/people.ts');
    this.#server = await AuthorizationServer.open({
      config: oauth,
      secret: oauth.secret ?? this.#keptSecret(config.dataDir),
      authorities: authoritiesOf(config, material),
      stores: database.oauth,
      clock,
      counters,
      people: (settings, vault) =>
        this.#parts.people ?? peopleOf({ config: settings, users: database.users, vault, clock, events }),
      events,
      publishKeys,
      onProblem: (sentence) => problems.set('oauth', '', sentence),
    });
    return this.#server.entry;
  }

  #keptSecret(dataDir: string): string {
    const { secret, notice } = loadSecret(dataDir);
    if (notice !== '') this.#parts.log('warn', notice);
    return secret;
  }

  /** Takes the settings of another configuration; whether there is a server does not change. */
  configure({ config, material }: LoadedConfig): void {
    if (config.oauth !== undefined) this.#server?.configure(config.oauth, authoritiesOf(config, material));
  }

  /** Key sets that threads are started with, beside those of other issuers. */
  get keySets(): readonly KeySetUpdate[] {
    return this.#server === null ? [] : [this.#server.keySet];
  }

  /** Reads the keys again where the built-in issuer is meant; tells whether that brought others. Never rejects. */
  async refetch(issuerId: string): Promise<boolean> {
    if (this.#server === null || issuerId !== BUILTIN_ISSUER) return false;
    return this.#server.refreshKeys().catch(() => false);
  }

  /** What the admin operations may use. */
  control(config: () => GatewayConfig): OauthControl {
    const { clients, artifacts } = this.#parts.database.oauth;
    return {
      clients,
      facts: () => oauthFacts(config()),
      endClient: (id) => artifacts.deleteClient(id),
      signingKeys: async () => this.#running().keyReport(),
      rotateSigningKeys: async (now) => this.#running().rotateKeys(now),
    };
  }

  #running(): AuthorizationServer {
    if (this.#server !== null) return this.#server;
    throw new Unavailable('authorization server', 'There is no authorization server: configure `oauth`.');
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#events?.settled;
  }
}

/** The authorities of each listener. */
function authoritiesOf(config: GatewayConfig, material: Material): ListenerAuthorities {
  const { listeners } = openTrust(config, material);
  return (name) => listeners.get(name) ?? [];
}

/** What the configuration says about the built-in authorization server; null where it has none. */
export function oauthFacts({ oauth }: GatewayConfig): OauthFacts | null {
  return oauth === undefined ? null : { issuer: oauth.issuer, resources: oauth.resources };
}

/** The record of an event in the journal (ECS field names). */
export function eventRecord(event: OauthEvent, nowMs: number): string {
  const { action, outcome, clientId, accountId, clientAddress, grantType, error, detail } = event;
  const fields = {
    '@timestamp': new Date(nowMs).toISOString(),
    'event.kind': 'event',
    'event.category': ['authentication'],
    'event.action': action,
    'event.outcome': outcome,
    'source.ip': clientAddress,
    'user.id': accountId,
    'error.code': error,
    'error.message': detail,
  };
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  return JSON.stringify({ ...known, portcullis: { oauth: { client: clientId, grantType } } });
}

/** Writes what the server says: events into the journal one after the other, alerts as notices, defects into the log. */
class EventWriter implements OauthEvents {
  readonly #parts: OauthServiceParts;
  readonly #journal: JournalLines;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: OauthServiceParts, journalPath: string) {
    this.#parts = parts;
    this.#journal = new JournalLines(journalPath);
  }

  /** Resolves when everything so far is written, or could not be. */
  get settled(): Promise<void> {
    return this.#turn;
  }

  record(event: OauthEvent): void {
    const { clock, problems } = this.#parts;
    const line = `${eventRecord(event, clock.nowMs())}\n`;
    this.#turn = this.#turn
      .then(() => this.#journal.append(line))
      .then(() => problems.set('oauth-journal', '', ''))
      .catch(() => problems.set('oauth-journal', '', NOT_WRITTEN));
  }

  alert(kind: Parameters<OauthEvents['alert']>[0], key: string, event: OauthEvent): void {
    const { clientId, accountId, clientAddress } = event;
    const payload = { client: clientId, user: accountId, address: clientAddress };
    this.#parts.notices.raise({ kind, dedupeKey: key, payload });
  }

  bug(error: unknown): void {
    this.#parts.log('error', 'A defect of the authorization server.', { stack: stackOf(error) });
  }
}

const NOT_WRITTEN = 'Events of the authorization server cannot be written to the journal.';
