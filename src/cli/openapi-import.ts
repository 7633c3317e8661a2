import { derivedEndpointId } from '../config/endpoint-id.ts';
import { asRecord } from '../config/pointer.ts';
import { mediaRangeProblem } from '../lib/http/media-range.ts';
import { basePathOf, endpointPath, foldedPath, type PathReading } from './openapi-paths.ts';
import { type OpenApiObject, resolveReference } from './openapi-reference.ts';

/** One operation of a document as an endpoint of the gateway. */
export interface ImportedEndpoint {
  readonly id: string;
  readonly method: string;
  /** Below that of the API; `{name}` stands for one segment. */
  readonly path: string;
  /** Whether the document speaks of a body. */
  readonly hasBody: boolean;
  /** Types its bodies may have; empty is any. */
  readonly contentTypes: readonly string[];
  /** Whether bodies in JSON are to be checked. */
  readonly json: boolean;
  /** Whether the document says that callers need no credential. */
  readonly open: boolean;
}

/** What an OpenAPI document says, as far as the gateway enforces it. */
export interface ImportedApi {
  readonly id: string;
  readonly title: string;
  /** Path in front of all endpoints, from the first server. */
  readonly basePath: string;
  readonly endpoints: readonly ImportedEndpoint[];
  /** Sentences about what was left out or made wider. */
  readonly notes: readonly string[];
}

export type ImportResult =
  | { readonly ok: true; readonly api: ImportedApi }
  /** `why` is a whole sentence. */
  | { readonly ok: false; readonly why: string };

type EndpointPath = Extract<PathReading, { ok: true }>;

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;
const MAX_ENDPOINTS = 10_000;
const JSON_TYPE = /^(?:application\/json|text\/json|[^/]+\/[^/]*\+json)$/;

const OWN_SECURITY =
  'The security schemes of the document are left to the server behind: the gateway asks for a key of its own.';

const refuse = (why: string): ImportResult => ({ ok: false, why });

/** Derives the endpoints of an API from an OpenAPI 3.0 or 3.1 document; never throws. */
export function parseOpenApi(document: unknown): ImportResult {
  const root = asRecord(document);
  if (root === null) return refuse('This is not an OpenAPI document: it is not an object.');
  if (root.swagger !== undefined) {
    return refuse('This is a Swagger 2.0 document: convert it to OpenAPI 3 first.');
  }
  if (typeof root.openapi !== 'string' || !/^3\.[01](?:\.|$)/.test(root.openapi)) {
    return refuse('This is not an OpenAPI 3.0 or 3.1 document: its `openapi` says neither.');
  }
  const paths = asRecord(root.paths);
  if (paths === null) return refuse('This OpenAPI document has no `paths`.');
  const base = basePathOf(root);
  if (!base.ok) return refuse(base.why);
  const reader = new PathReader(root);
  for (const [template, item] of Object.entries(paths)) reader.read(template, item);
  const { endpoints, notes } = reader;
  if (hasOwnSecurity(root)) notes.push(OWN_SECURITY);
  if (endpoints.length === 0) return refuse('This OpenAPI document declares no operation that can be used.');
  if (endpoints.length > MAX_ENDPOINTS)
    return refuse(`This OpenAPI document declares more than ${MAX_ENDPOINTS} operations.`);
  const title = asRecord(root.info)?.title;
  const name = typeof title === 'string' ? title : '';
  return { ok: true, api: { id: slug(name) || 'api', title: name, basePath: base.path, endpoints, notes } };
}

/** A name as configurations take it: lower-case words with `-` between; '' where nothing is left. */
function slug(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-|-$/g, '');
}

/** Collects the endpoints of one path after the other. */
class PathReader {
  readonly endpoints: ImportedEndpoint[] = [];
  readonly notes: string[] = [];
  readonly #root: OpenApiObject;
  readonly #ids = new Set<string>();
  /** Where the endpoint of a method and a path is, and the template it came from. */
  readonly #places = new Map<string, { readonly at: number; readonly template: string }>();

  constructor(root: OpenApiObject) {
    this.#root = root;
  }

  read(template: string, raw: unknown): void {
    if (template.startsWith('x-')) return;
    const item = resolveReference(this.#root, raw);
    if (item === null) return this.#note(template, 'is left out: what it refers to is not in this document.');
    const path = endpointPath(template);
    if (!path.ok) return this.#note(template, `is left out: ${path.why}`);
    if (path.note !== '') this.#note(template, path.note);
    if (item.servers !== undefined) this.#note(template, 'has `servers` of its own, which are not used.');
    if (item.trace !== undefined)
      this.#note(`TRACE ${template}`, 'is left out: the gateway never passes TRACE on.');
    for (const method of METHODS) {
      const operation = asRecord(item[method]);
      if (operation !== null) this.#add(method.toUpperCase(), template, path, operation);
    }
  }

  /**
   * Adds an operation.
   *
   * Safety: requests that the gateway cannot tell apart need a key as soon as one of the operations that they may be
   * meant for does; a path that became wider than the document's is never open.
   */
  #add(method: string, template: string, { path, isWider }: EndpointPath, operation: OpenApiObject): void {
    const where = `${method} ${template}`;
    const place = `${method} ${foldedPath(path)}`;
    const security = operation.security ?? this.#root.security;
    const saysOpen = Array.isArray(security) && security.length === 0;
    const earlier = this.#places.get(place);
    if (earlier !== undefined) {
      const endpoint = this.endpoints[earlier.at] as ImportedEndpoint;
      this.endpoints[earlier.at] = { ...endpoint, open: endpoint.open && saysOpen };
      return this.#note(where, `is left out: its requests cannot be told from those of ${earlier.template}.`);
    }
    this.#places.set(place, { at: this.endpoints.length, template });
    if (saysOpen && isWider) this.#note(where, 'needs a key, because it takes more than the document opens.');
    const id = this.#idOf(method, path, operation);
    this.endpoints.push({ id, method, path, open: saysOpen && !isWider, ...this.#bodyOf(where, operation) });
  }

  #idOf(method: string, path: string, { operationId }: OpenApiObject): string {
    const wanted =
      (typeof operationId === 'string' && slug(operationId)) || derivedEndpointId([method], path);
    for (let count = 1; ; count++) {
      const id = count === 1 ? wanted : `${wanted.slice(0, 56)}-${count}`;
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      return id;
    }
  }

  #bodyOf(
    where: string,
    operation: OpenApiObject,
  ): Pick<ImportedEndpoint, 'hasBody' | 'contentTypes' | 'json'> {
    if (operation.requestBody === undefined) return { hasBody: false, contentTypes: [], json: false };
    const content = asRecord(resolveReference(this.#root, operation.requestBody)?.content);
    if (content === null) {
      this.#note(where, 'takes bodies of any type: what the document says about them cannot be read.');
      return { hasBody: true, contentTypes: [], json: false };
    }
    const types: string[] = [];
    for (const key of Object.keys(content)) {
      const type = (key.split(';', 1)[0] as string).trim().toLowerCase();
      if (mediaRangeProblem(type) === null) types.push(type);
      else this.#note(where, `does not take bodies of \`${key}\`: that is not a media type.`);
    }
    if (types.length === 0 || types.includes('*/*')) return { hasBody: true, contentTypes: [], json: false };
    return {
      hasBody: true,
      contentTypes: [...new Set(types)],
      json: types.some((type) => JSON_TYPE.test(type)),
    };
  }

  #note(where: string, what: string): void {
    this.notes.push(`${where} ${what}`);
  }
}

/** Whether a document names ways to authenticate. */
function hasOwnSecurity(root: OpenApiObject): boolean {
  return Object.keys(asRecord(asRecord(root.components)?.securitySchemes) ?? {}).length > 0;
}
