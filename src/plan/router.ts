import type { Route } from '../core/route.ts';

/** An endpoint of an API: a path below the API's, and the methods it is for. */
export interface EndpointEntry {
  /** Canonical path below the API's path; a segment in braces stands for any one segment. */
  readonly path: string;
  /** Upper-case methods; null is all. GET includes HEAD. */
  readonly methods: readonly string[] | null;
  readonly route: Route;
}

/** An API as the router knows it. */
export interface ApiEntry {
  /** Lower-case names, or `*.example.com`; empty is any host. */
  readonly hosts: readonly string[];
  /** Canonical path prefix, beginning with a slash. */
  readonly path: string;
  readonly route: Route;
  readonly endpoints: readonly EndpointEntry[];
  /** Whether what no endpoint declares is refused. */
  readonly denyUndeclared: boolean;
}

/** A route, or why there is none: nothing at the path, or not for the method. */
export type RouteMatch = Route | 'none' | readonly string[];

interface MethodRoute {
  readonly methods: readonly string[] | null;
  readonly route: Route;
}

class Node {
  readonly children = new Map<string, Node>();
  parameter: Node | null = null;
  api: ApiEntry | null = null;
  endpoints: MethodRoute[] = [];
}

function endpointFor(endpoints: readonly MethodRoute[], method: string): Route | null {
  const wanted = method === 'HEAD' ? 'GET' : method;
  for (const endpoint of endpoints) {
    if (endpoint.methods === null || endpoint.methods.includes(method) || endpoint.methods.includes(wanted)) {
      return endpoint.route;
    }
  }
  return null;
}

const NO_ENDPOINTS: readonly MethodRoute[] = [];

/** What one way down the tree has led to. */
interface Place {
  readonly api: ApiEntry | null;
  /** Segments down to the API, and to the endpoints inside it; -1 for none. */
  readonly apiDepth: number;
  readonly endpoints: readonly MethodRoute[];
  readonly endpointDepth: number;
  /** Whether the endpoints' path is the whole path and not a prefix of it. */
  readonly isWhole: boolean;
}

const NOWHERE: Place = {
  api: null,
  apiDepth: -1,
  endpoints: NO_ENDPOINTS,
  endpointDepth: -1,
  isWhole: false,
};

/** The place that a node makes of the one above it. */
function placeAt(node: Node, above: Place, depth: number, isWhole: boolean): Place {
  if (node.api === null && node.endpoints.length === 0) return above;
  const hasEndpoints = node.endpoints.length > 0;
  const inherited = node.api === null ? above : NOWHERE;
  return {
    api: node.api ?? above.api,
    apiDepth: node.api === null ? above.apiDepth : depth,
    endpoints: hasEndpoints ? node.endpoints : inherited.endpoints,
    endpointDepth: hasEndpoints ? depth : inherited.endpointDepth,
    isWhole: hasEndpoints && isWhole,
  };
}

/** Whether a place is more specific: a deeper API, then deeper endpoints. */
function isDeeper(one: Place, other: Place): boolean {
  if (one.apiDepth !== other.apiDepth) return one.apiDepth > other.apiDepth;
  return one.endpointDepth > other.endpointDepth;
}

/** Finds the route of a host and a canonical path: host first, then the longest path on segment boundaries. */
export class Router {
  readonly #exactHosts = new Map<string, Node>();
  readonly #suffixHosts = new Map<string, Node>();
  readonly #anyHost = new Node();
  readonly #fold: boolean;

  /** `foldCase` matches paths without regard to case, as many frameworks behind the gateway do. */
  constructor(apis: readonly ApiEntry[], foldCase: boolean) {
    this.#fold = foldCase;
    for (const api of apis) for (const root of this.#roots(api.hosts)) this.#insert(root, api);
  }

  /** Cost: one walk over the segments of the path per kind of host match; linear in the path's length. */
  find(host: string, path: string, method: string): RouteMatch {
    // `OPTIONS *` is about the server as a whole, and that is the gateway.
    if (!path.startsWith('/')) return 'none';
    const folded = this.#fold ? path.toLowerCase() : path;
    const exact = this.#exactHosts.get(host);
    const inExact = exact === undefined ? 'none' : this.#findBelow(exact, folded, method);
    if (inExact !== 'none') return inExact;
    for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const root = this.#suffixHosts.get(host.slice(dot + 1));
      const match = root === undefined ? 'none' : this.#findBelow(root, folded, method);
      if (match !== 'none') return match;
    }
    return this.#findBelow(this.#anyHost, folded, method);
  }

  #roots(hosts: readonly string[]): Node[] {
    if (hosts.length === 0) return [this.#anyHost];
    return hosts.map((host) => {
      const map = host.startsWith('*.') ? this.#suffixHosts : this.#exactHosts;
      const key = host.startsWith('*.') ? host.slice(2) : host;
      const root = map.get(key) ?? new Node();
      map.set(key, root);
      return root;
    });
  }

  #insert(root: Node, api: ApiEntry): void {
    const at = this.#descend(root, api.path);
    at.api = api;
    for (const endpoint of api.endpoints) {
      this.#descend(at, endpoint.path).endpoints.push({ methods: endpoint.methods, route: endpoint.route });
    }
  }

  #descend(from: Node, path: string): Node {
    let node = from;
    for (const segment of path.split('/')) {
      if (segment === '') continue;
      if (segment.startsWith('{') && segment.endsWith('}')) {
        node.parameter ??= new Node();
        node = node.parameter;
        continue;
      }
      const key = this.#fold ? segment.toLowerCase() : segment;
      const child = node.children.get(key) ?? new Node();
      node.children.set(key, child);
      node = child;
    }
    return node;
  }

  #findBelow(root: Node, path: string, method: string): RouteMatch {
    const { api, endpoints, isWhole } = findPlace(root, path, 1, NOWHERE, 0);
    if (api === null) return 'none';
    const route = endpointFor(endpoints, method);
    if (!api.denyUndeclared) return route ?? api.route;
    if (!isWhole) return 'none';
    return route ?? endpoints.flatMap((endpoint) => endpoint.methods ?? []);
  }
}

/**
 * Finds the most specific place below a node.
 *
 * Cost: visits each node of the tree at most once; both ways are tried only where a literal segment and a parameter
 * stand side by side. The literal wins unless the parameter leads deeper.
 */
function findPlace(node: Node, path: string, at: number, above: Place, depth: number): Place {
  const isWhole = at >= path.length;
  const here = placeAt(node, above, depth, isWhole);
  if (isWhole) return here;
  const slash = path.indexOf('/', at);
  const end = slash < 0 ? path.length : slash;
  const literal = node.children.get(path.slice(at, end));
  const byLiteral = literal === undefined ? here : findPlace(literal, path, end + 1, here, depth + 1);
  if (node.parameter === null) return byLiteral;
  const byParameter = findPlace(node.parameter, path, end + 1, here, depth + 1);
  return isDeeper(byParameter, byLiteral) ? byParameter : byLiteral;
}
