import { stat } from 'node:fs/promises';
import { loadCountryLists, loadReputationLists } from '../config/access-lists.ts';
import { loadCertificates } from '../config/certificates.ts';
import { loadAuthorities } from '../config/client-authorities.ts';
import type { GatewayConfig } from '../config/config.ts';
import { findTypedSecrets, loadConfig, parseDocument } from '../config/load.ts';
import { loadRevocationLists } from '../config/revocation-lists.ts';
import { type LoadedRuleSets, loadRuleSets } from '../config/rule-sets.ts';
import { ConfigError, type ConfigProblem, Unavailable } from '../core/errors.ts';
import type { UpstreamTls } from '../core/upstream.ts';
import type { RuleFacts } from '../core/waf.ts';
import { loadCountryDatabase, packagedDatabase } from '../stores/geo/country-database.ts';
import type { Material } from './messages.ts';
import { redactedDocument } from './redacted-document.ts';

/** Where a gateway's configuration comes from: a file, or a document and the folder its paths are relative to. */
export type ConfigSource =
  | { readonly path: string }
  | { readonly document: unknown; readonly baseDir: string };

/** A configuration with everything that was read for it. */
export interface LoadedConfig {
  readonly config: GatewayConfig;
  /** The resolved document, for the threads. */
  readonly document: unknown;
  readonly baseDir: string;
  readonly material: Material;
  /** The rules of the WAF that it brings. */
  readonly rules: readonly RuleFacts[];
  /** Every file that was read: a change of one is a reason to load again. */
  readonly files: readonly string[];
  /** The document without the values of references. */
  readonly redacted: unknown;
  /** When reading began, in epoch milliseconds. */
  readonly readAtMs: number;
  /** Adds line and column to a problem found later, and takes secrets out of it. */
  place(problem: ConfigProblem): ConfigProblem;
}

/** Loads a configuration with its certificates; throws ConfigError with every mistake at once. */
export function loadFrom(source: ConfigSource, nowMs: number): LoadedConfig {
  if (!('path' in source)) {
    const { document, baseDir } = source;
    const { config } = parseDocument(document, baseDir);
    const rules = loadRuleSets(config);
    const material = loadMaterial(config, rules, nowMs, (problem) => problem);
    return {
      config,
      document,
      baseDir,
      material,
      rules: rules.rules,
      files: rules.files,
      redacted: redactedDocument(document, new Map(), findTypedSecrets(document, new Map())),
      readAtMs: nowMs,
      place: (problem) => problem,
    };
  }
  const { config, problems, document, baseDir, files, references, typedSecrets, place } = loadConfig(
    source.path,
  );
  if (config === null) throw new ConfigError(problems);
  const rules = loadRuleSets(config);
  const material = loadMaterial(config, rules, nowMs, place);
  const redacted = redactedDocument(document, references, typedSecrets);
  return {
    config,
    document,
    baseDir,
    material,
    rules: rules.rules,
    files: [...files, ...rules.files],
    redacted,
    readAtMs: nowMs,
    place,
  };
}

function loadMaterial(
  config: GatewayConfig,
  rules: LoadedRuleSets,
  nowMs: number,
  place: (problem: ConfigProblem) => ConfigProblem,
): Material {
  const loaded = loadCertificates(config, nowMs);
  const authorities = loadAuthorities(config);
  const revocation = loadRevocationLists(config);
  const reputation = loadReputationLists(config);
  const countries = loadCountryLists(config);
  const problems = [loaded, authorities, revocation, reputation, countries, rules].flatMap(
    (part) => part.problems,
  );
  if (problems.length > 0) throw new ConfigError(problems.map(place));
  const upstreams = config.apis.flatMap(({ id, upstream: { tls } }): [string, UpstreamTls][] => {
    const pem = loaded.upstreams.get(id);
    if (tls === undefined || pem === undefined) return [];
    const { ca, cert, key } = pem;
    return [[id, { ca, cert, key, serverName: tls.serverName ?? null, verify: tls.verify }]];
  });
  return {
    listeners: Object.fromEntries(loaded.listeners),
    upstreams: Object.fromEntries(upstreams),
    authorities: Object.fromEntries(authorities.pems),
    revocationLists: Object.fromEntries(revocation.lists),
    reputationLists: Object.fromEntries(reputation.lists),
    countryLists: Object.fromEntries(countries.lists),
    ruleSets: Object.fromEntries(rules.sets),
    countries: loadCountries(config, place),
  };
}

function loadCountries(
  { geo }: GatewayConfig,
  place: (problem: ConfigProblem) => ConfigProblem,
): SharedArrayBuffer {
  try {
    return loadCountryDatabase(geo.database || packagedDatabase());
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new ConfigError([place({ pointer: '/geo/database', message: error.message })]);
  }
}

const POLL_MS = 1_000;

/**
 * Calls back when one of some files has changed.
 *
 * Polls, because files that are mounted or replaced by links give no events one can rely on.
 * Safety: whatever changes after it was read is noticed; that something is read once too often is harmless.
 */
export class FileWatcher {
  readonly #onChange: () => void;
  readonly #timer: NodeJS.Timeout;
  #files: readonly string[] = [];
  #marks = new Map<string, string>();
  #isPolling = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => void this.#poll(), POLL_MS);
    this.#timer.unref();
  }

  /** Takes the watched files as they are now; call before they are read again. */
  async mark(): Promise<void> {
    this.#marks = new Map([...this.#marks, ...(await this.#look(this.#files))]);
  }

  /** Watches these files, which were read at `readAtMs`, from now on. */
  async watch(files: readonly string[], readAtMs: number): Promise<void> {
    this.#files = [...new Set(files)];
    for (const file of this.#files) {
      if (this.#marks.has(file)) continue;
      const changedAtMs = await changeOf(file);
      this.#marks.set(file, changedAtMs > readAtMs ? '' : await markOf(file));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    const files = this.#files;
    const marks = await this.#look(files);
    this.#isPolling = false;
    // Looked at before `watch` named others: the next look counts.
    if (files !== this.#files) return;
    const isChanged = [...marks].some(([file, mark]) => this.#marks.get(file) !== mark);
    this.#marks = marks;
    if (isChanged) this.#onChange();
  }

  async #look(files: readonly string[]): Promise<Map<string, string>> {
    const marks = await Promise.all(
      files.map(async (file): Promise<[string, string]> => [file, await markOf(file)]),
    );
    return new Map(marks);
  }
}

async function changeOf(file: string): Promise<number> {
  try {
    const { mtimeMs, ctimeMs } = await stat(file);
    return Math.max(mtimeMs, ctimeMs);
  } catch {
    return 0;
  }
}

async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'absent';
  }
}
