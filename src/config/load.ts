import { dirname, resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from '../core/errors.ts';
import type { StageRow } from '../stages/index.ts';
import { type GatewayConfig, isPem } from './config.ts';
import { configFiles } from './config-files.ts';
import { type ExaminedDocument, examineDocument } from './examine-document.ts';
import { readText } from './file-text.ts';
import type { OauthEntry } from './oauth-api.ts';
import { type Path, pointerOf } from './pointer.ts';
import { redactProblem } from './redact.ts';
import { type Resolved, resolveReferences } from './references.ts';
import { hasPassword } from './store-location.ts';
import { type Place, parseYamlTree, type YamlTree } from './yaml-tree.ts';

/** Where a configuration is loaded from. */
export interface LoadOptions {
  /** Environment of `${env:…}`; that of the process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The stages whose blocks may occur; `STAGES` when absent. */
  readonly stages?: readonly StageRow[];
}

/** A configuration file as it was read, good or bad. */
export interface LoadResult {
  /** Absolute path of the file. */
  readonly path: string;
  /** Directory that file names in it are relative to. */
  readonly baseDir: string;
  /** Null when there are problems. */
  readonly config: GatewayConfig | null;
  /** Every mistake, in the order of the file, with places; never with a resolved secret. */
  readonly problems: readonly ConfigProblem[];
  /** Plain data with references resolved, for `parseDocument` in other threads. Holds secrets. */
  readonly document: unknown;
  /** The references that values came from, by JSON pointer. */
  readonly references: ReadonlyMap<string, string>;
  /** Absolute paths of everything the configuration was read from or names, to be watched. */
  readonly files: readonly string[];
  /** What the references resolved to: must not appear in any output. */
  readonly secrets: readonly string[];
  /** Pointers of private keys, passwords and other secrets that were typed in instead of referred to. */
  readonly typedSecrets: readonly string[];
  /** Adds line and column to a problem found later, and takes secrets out of it. */
  place<Problem extends ConfigProblem>(problem: Problem): Problem;
}

const MAX_CONFIG_BYTES = 4 * 1_048_576;

/** Reads a configuration file; finds every mistake at once; never throws. */
export function loadConfig(path: string, options: LoadOptions = {}): LoadResult {
  const file = readText(resolve(path), MAX_CONFIG_BYTES);
  if (file.ok) return parseConfig(file.text, path, options);
  const suggestion = 'Give the path of the configuration, or make one with `portcullis init`.';
  const message = `The configuration ${path} cannot be read: ${file.why}.`;
  const tree: YamlTree = {
    value: undefined,
    places: new Map(),
    problems: [{ pointer: '', message, suggestion }],
  };
  return toResult(path, tree, nothingResolved(), null);
}

/** Reads the text of a configuration as `loadConfig` does; file names are relative to `path`. */
export function parseConfig(text: string, path: string, options: LoadOptions = {}): LoadResult {
  const tree = parseYamlTree(text);
  if (tree.value === undefined) return toResult(path, tree, nothingResolved(), null);
  if (tree.value === null && tree.problems.length === 0) {
    const problems = [
      { pointer: '', message: 'The file is empty.', suggestion: 'Make one with `portcullis init`.' },
    ];
    return toResult(path, { ...tree, problems }, nothingResolved(), null);
  }
  const baseDir = dirname(resolve(path));
  const resolved = resolveReferences(tree.value, { baseDir, env: options.env ?? process.env });
  const { references, secrets } = resolved;
  const examined = examineDocument(resolved.document, {
    baseDir,
    references,
    secrets,
    stages: options.stages,
  });
  return toResult(path, tree, resolved, examined);
}

/** Reads the `document` of a good result again, in another thread; throws ConfigError should it not be good. */
export function parseDocument(
  document: unknown,
  baseDir: string,
  oauth?: OauthEntry,
): { readonly config: GatewayConfig } {
  const { config, problems } = examineDocument(document, { baseDir, oauth });
  if (config === null) throw new ConfigError(problems);
  return { config };
}

function nothingResolved(): Resolved {
  return { document: undefined, references: new Map(), secrets: new Map(), files: [], problems: [] };
}

function toResult(
  path: string,
  tree: YamlTree,
  resolved: Resolved,
  examined: ExaminedDocument | null,
): LoadResult {
  const { references, secrets } = resolved;
  const place = <Problem extends ConfigProblem>(problem: Problem): Problem => {
    const found = problem.line === undefined ? findPlace(tree.places, problem.pointer) : undefined;
    return found === undefined ? problem : { ...problem, ...found };
  };
  // What could not be read leaves nothing that could be judged in its place.
  const unresolved = new Set([...tree.problems, ...resolved.problems].map((problem) => problem.pointer));
  const judged = (examined?.problems ?? []).filter((problem) => !unresolved.has(problem.pointer));
  const problems = sortProblems([...tree.problems, ...resolved.problems, ...judged].map(place));
  const config = problems.length === 0 ? (examined?.config ?? null) : null;
  const files = new Set([resolve(path), ...resolved.files, ...(config === null ? [] : configFiles(config))]);
  return {
    path: resolve(path),
    baseDir: dirname(resolve(path)),
    config,
    problems,
    document: examined?.document,
    references,
    files: [...files],
    secrets: [...new Set(secrets.values())],
    typedSecrets: findTypedSecrets(resolved.document, references),
    place: (problem) => place(redactProblem(problem, secrets)),
  };
}

/** The place of a pointer, or of the nearest thing around it that the file has. */
function findPlace(places: ReadonlyMap<string, Place>, pointer: string): Place | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places.get(at);
    if (place !== undefined || at === '') return place;
  }
}

/** Brings problems or weaknesses into the order of the file. */
export function sortProblems<Problem extends ConfigProblem>(problems: readonly Problem[]): Problem[] {
  const lineOf = (problem: Problem) => problem.line ?? 0;
  return [...problems].sort((a, b) => lineOf(a) - lineOf(b) || (a.column ?? 0) - (b.column ?? 0));
}

/** Pointers of secrets that stand in a document as they are, and did not come from a reference. */
export function findTypedSecrets(document: unknown, references: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'string') {
      const pointer = pointerOf(path);
      if (isSecret(path, pointer, value) && !references.has(pointer)) found.push(pointer);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
    }
  };
  walk(document, []);
  return found;
}

const SECRET_NAMES: ReadonlySet<string | number> = new Set(['secret', 'clientSecret', 'password']);

function isSecret(path: Path, pointer: string, value: string): boolean {
  if (SECRET_NAMES.has(path.at(-1) ?? '')) return true;
  if (pointer === '/store/url') return hasPassword(value);
  return isPem(value) && /PRIVATE KEY/.test(value);
}
