import type { ConfigProblem } from '../core/errors.ts';
import { STAGES, type StageRow } from '../stages/index.ts';
import {
  type BlockReporting,
  type BlockSource,
  blockStages,
  compileBlocks,
  emptyBlocks,
  type StageBlocks,
  sourcePointer,
} from './blocks.ts';
import { coerceReferences } from './coerce.ts';
import type { ApiConfig, EndpointConfig, GatewayConfig, RouteSettings } from './config.ts';
import { crossProblems } from './cross-checks.ts';
import { sketchEndpoints } from './endpoint-id.ts';
import { explainIssues } from './explain.ts';
import { finishConfig } from './finish.ts';
import { retriesSchema, timeoutsSchema } from './limits.schema.ts';
import { type OauthEntry, withOauthApis } from './oauth-api.ts';
import { asList, asRecord, isWithin, type Path, pointerOf, readablePointer } from './pointer.ts';
import { redactProblem, type Secrets } from './redact.ts';
import { type ParsedRoot, rootSchema } from './schema.ts';

/** How a document is to be read. */
export interface DocumentOptions {
  /** Directory that file names are relative to. */
  readonly baseDir: string;
  /** The stages whose blocks may occur; `STAGES` when absent. */
  readonly stages?: readonly StageRow[];
  /** References that values came from, by JSON pointer: such values are not shown, and may be numbers. */
  readonly references?: ReadonlyMap<string, string>;
  /** What the references resolved to: is not shown anywhere. */
  readonly secrets?: Secrets;
  /** Where the built-in authorization server listens; absent while that is not known. */
  readonly oauth?: OauthEntry;
}

export interface ExaminedDocument {
  /** Null when there are problems. */
  readonly config: GatewayConfig | null;
  readonly problems: readonly ConfigProblem[];
  /** The document with texts from references turned into the numbers and booleans they stand for. */
  readonly document: unknown;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Reads a plain document with its references resolved into a configuration; finds every mistake; never throws. */
export function examineDocument(input: unknown, options: DocumentOptions): ExaminedDocument {
  const { baseDir, stages: rows = STAGES, references = NOTHING, secrets = NOTHING } = options;
  const schema = rootSchema(rows);
  const coerced = coerceReferences(schema, withOauthApis(input, options.oauth), references);
  const { document, parsed } = coerced;
  const written = asList(asRecord(input)?.apis).length;
  const problems: ConfigProblem[] = [];
  if (!parsed.success) {
    const referenceAt = (path: Path) => references.get(pointerOf(path)) ?? null;
    problems.push(...explainIssues(parsed.error.issues, { schema, document, referenceAt, secrets }));
  }
  const crossed = crossProblems(document).filter((cross) => !hasProblem(problems, cross.pointer));
  problems.push(...crossed.map((problem) => redactProblem(problem, secrets)));
  const routes = compileRoutes(document, written, rows, problems, { references, secrets });
  const own = withoutImplied(document, written);
  if (!parsed.success || problems.length > 0)
    return {
      config: null,
      problems: problems.map((problem) => placeImplied(problem, written)),
      document: own,
    };
  const apis = parsed.data.apis.map((api, at) => assembleApi(api, at, routes, document, at >= written));
  const defaultBlocks = (routes.get('/defaults') as RouteSettings).blocks;
  return { config: finishConfig(parsed.data, apis, defaultBlocks, baseDir), problems, document: own };
}

/** The document as it was written: what it implies is implied again by whoever reads it. */
function withoutImplied(document: unknown, written: number): unknown {
  const root = asRecord(document);
  if (root === null || asList(root.apis).length === written) return document;
  return { ...root, apis: asList(root.apis).slice(0, written) };
}

/** A problem of what the `oauth` block implies is one of the block. */
function placeImplied(problem: ConfigProblem, written: number): ConfigProblem {
  const at = /^\/apis\/(\d+)/.exec(problem.pointer)?.[1];
  return at !== undefined && Number(at) >= written ? { ...problem, pointer: '/oauth/issuer' } : problem;
}

function hasProblem(problems: readonly ConfigProblem[], pointer: string): boolean {
  return problems.some((problem) => problem.pointer === pointer);
}

type Routes = ReadonlyMap<string, RouteSettings>;

/** Merges what every API and endpoint inherits; adds the problems of merged blocks. */
function compileRoutes(
  document: unknown,
  written: number,
  rows: readonly StageRow[],
  problems: ConfigProblem[],
  { references, secrets }: Pick<Required<DocumentOptions>, 'references' | 'secrets'>,
): Routes {
  const stages = blockStages(rows);
  const broken = problems.map((problem) => problem.pointer);
  const reporting: BlockReporting = {
    isBroken: (pointer) => broken.some((other) => isWithin(other, pointer)),
    explain: (stage, error, merged, sources) => {
      const locate = (pointer: string) => sourcePointer(sources, pointer);
      const referenceAt = (path: Path) => references.get(locate(pointerOf(path))) ?? null;
      const found = explainIssues(error.issues, {
        schema: stage.schema,
        document: merged,
        referenceAt,
        secrets,
      });
      problems.push(...found.map((problem) => placeMerged(problem, sources)));
    },
  };
  const routes = new Map<string, RouteSettings>();
  const root = asRecord(document) ?? {};
  const descend = (above: Inherited, pointer: string, raw: unknown): Inherited => {
    const level = { pointer, raw };
    const levels = [...above.levels, level];
    const blocks = compileBlocks(stages, above.blocks, level, reporting);
    routes.set(pointer, { pointer, blocks, ...routeValues(levels) });
    return { levels, blocks };
  };
  const nothing: Inherited = { levels: [], blocks: emptyBlocks(stages) };
  const defaults = descend(nothing, '/defaults', root.defaults);
  asList(root.apis).forEach((api, at) => {
    const pointer = `/apis/${at}`;
    const inherited = descend(at < written ? defaults : nothing, pointer, api);
    asList(asRecord(api)?.endpoints).forEach((endpoint, index) => {
      descend(inherited, `${pointer}/endpoints/${index}`, endpoint);
    });
  });
  return routes;
}

/** Puts a problem of a merged block where the last word was said, and names what that inherits. */
function placeMerged(problem: ConfigProblem, sources: readonly BlockSource[]): ConfigProblem {
  const written = sourcePointer(sources, problem.pointer);
  const last = sources.at(-1)?.pointer ?? '';
  if (isWithin(written, last)) return { ...problem, pointer: written };
  const inherited = `It inherits \`${readablePointer(written)}\`.`;
  return { ...problem, pointer: last, suggestion: [problem.suggestion, inherited].filter(Boolean).join(' ') };
}

interface Inherited {
  readonly levels: readonly BlockSource[];
  readonly blocks: StageBlocks;
}

/** Timeouts and retries of the most specific level that says them. */
function routeValues(levels: readonly BlockSource[]): Pick<RouteSettings, 'timeouts' | 'retries'> {
  const merged: Record<string, unknown> = {};
  let retries: unknown;
  for (const { raw } of levels) {
    Object.assign(merged, asRecord(asRecord(raw)?.timeouts) ?? {});
    retries = asRecord(raw)?.retries ?? retries;
  }
  const timeouts = timeoutsSchema.safeParse(merged);
  const attempts = retriesSchema.safeParse(retries);
  return {
    // Mistakes in them are told where they are; nothing is made of the configuration then.
    timeouts: timeouts.data ?? timeoutsSchema.parse({}),
    retries: attempts.data ?? retriesSchema.parse(undefined),
  };
}

function assembleApi(
  api: ParsedRoot['apis'][number],
  at: number,
  routes: Routes,
  document: unknown,
  isBuiltIn: boolean,
): ApiConfig {
  const pointer = `/apis/${at}`;
  const sketches = sketchEndpoints(rawApi(document, at), ['apis', at]);
  const endpoints = api.endpoints.map((endpoint, index): EndpointConfig => {
    const route = routes.get(`${pointer}/endpoints/${index}`) as RouteSettings;
    const id = sketches[index]?.id ?? '';
    return { ...route, id, path: endpoint.path, methods: endpoint.methods ?? null };
  });
  const { id, hosts, path, stripPath, preserveHost, upstream, undeclared } = api;
  const route = routes.get(pointer) as RouteSettings;
  return { ...route, id, hosts, path, stripPath, preserveHost, upstream, undeclared, endpoints, isBuiltIn };
}

function rawApi(document: unknown, at: number): unknown {
  return asList(asRecord(document)?.apis)[at];
}
