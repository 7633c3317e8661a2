import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type GatewayConfig, routeIds, type StoreSettings } from '../config/config.ts';
import { problemRecords } from '../config/format-problems.ts';
import { governanceSchema } from '../config/governance.schema.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { asRecord } from '../config/pointer.ts';
import { adminSchema, storeSchema } from '../config/services.schema.ts';
import { finishStore } from '../config/store-location.ts';
import type { DeliveryPlaces } from '../control/key-delivery.ts';
import { passwordPolicyOf } from '../control/password-policy.ts';
import type { GovernanceSettings } from '../control/rule-governance.ts';
import type { OauthFacts, PasswordPolicy, PlanReport } from '../control/services.ts';
import { deliveryPlaces } from '../runtime/control-services.ts';
import { CONFIG_OPTION } from './command.ts';
import { CommandFailure } from './failure.ts';

/** Where `portcullis dev` leaves a copy of the configuration that it made. */
export const DEV_CONFIG = join('.portcullis', 'dev.yaml');

/** Where the gateway is that a command is about. */
export interface Target {
  /** The configuration, as it is to be shown. */
  readonly path: string;
  readonly admin: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  readonly store: StoreSettings;
  readonly journalPath: string;
  readonly passwords: PasswordPolicy;
  /** What it says about the built-in authorization server; null where it says nothing, or has mistakes. */
  readonly oauth: OauthFacts | null;
  /** Nobody may approve anything where it cannot be read. */
  readonly governance: GovernanceSettings;
  /** Null where the configuration has mistakes. */
  readonly keys: { readonly places: DeliveryPlaces; readonly graceHours: number } | null;
  /** Null where the configuration has mistakes. */
  readonly names: Pick<PlanReport, 'apis' | 'endpoints' | 'tiers'> | null;
}

/** The sentence that ends a list of mistakes. */
export function mistakes(count: number): string {
  return count === 1 ? 'The configuration has one mistake.' : `The configuration has ${count} mistakes.`;
}

/** The failure that tells every mistake of a configuration. */
export function configFailure(path: string, { problems }: Pick<LoadResult, 'problems'>): CommandFailure {
  return new CommandFailure('config_invalid', mistakes(problems.length), problemRecords(path, problems));
}

/** The gateway of a configuration: that of `portcullis dev` where there is no other here. */
export function getTarget(path: string): Target {
  const isDev = path === CONFIG_OPTION.default && !existsSync(path) && existsSync(DEV_CONFIG);
  const shown = isDev ? DEV_CONFIG : path;
  const loaded = loadConfig(shown);
  const target = loaded.config === null ? salvage(shown, loaded) : targetOf(shown, loaded.config);
  if (target === null) throw configFailure(shown, loaded);
  return target;
}

function targetOf(path: string, config: GatewayConfig): Target {
  const { admin, dataDir, store, journal } = config;
  const apis = config.apis.filter(({ isBuiltIn }) => !isBuiltIn).map(({ id }) => id);
  const names = { apis, endpoints: routeIds(config), tiers: [...config.tiers.keys()] };
  const oauth = config.oauth ?? null;
  const passwords = passwordPolicyOf(config);
  return {
    path,
    admin,
    dataDir,
    store,
    journalPath: journal.path,
    passwords,
    oauth,
    governance: config.governance,
    names,
    keys: { places: deliveryPlaces(config), graceHours: config.keys.graceHours },
  };
}

/**
 * Reads as much of a configuration with mistakes as is needed to find its gateway, which may run with an earlier
 * version of it; null where even that cannot be read.
 */
function salvage(path: string, { document, baseDir }: LoadResult): Target | null {
  const root = asRecord(document);
  const admin = adminSchema.safeParse(root?.admin ?? {});
  const store = storeSchema.safeParse(root?.store ?? {});
  if (root === null || !admin.success || !store.success) return null;
  const dataDir = resolve(baseDir, textOf(root.dataDir) ?? '.portcullis');
  const journal = textOf(asRecord(root.journal)?.path);
  return {
    path,
    admin: admin.data,
    dataDir,
    store: finishStore(store.data, dataDir, baseDir),
    journalPath: journal === undefined ? join(dataDir, 'journal.jsonl') : resolve(baseDir, journal),
    oauth: null,
    governance: governanceOf(root.governance),
    passwords: passwordPolicyOf({}),
    names: null,
    keys: null,
  };
}

/** Safety: where it cannot be read, an operator is in it whose token nobody has: names that are only said prove nothing then. */
function governanceOf(written: unknown): GovernanceSettings {
  const parsed = governanceSchema.safeParse(written ?? {});
  if (parsed.success) return parsed.data;
  return { ...governanceSchema.parse({}), operators: [{ name: 'nobody', tokenHash: 'sha256:' }] };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
