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

/** What a walk down the tree has found so far: the deepest API, and the deepest endpoints inside it. */
class Walk {
  api: ApiEntry | null = null;
  endpoints: readonly MethodRoute[] = [];
  /** Whether the endpoints' path is the whole path and not a prefix of it. */
  isWhole = false;

  visit(node: Node, isWhole: boolean): void {
    if (node.api !== null) {
      this.api = node.api;
      this.endpoints = [];
      this.isWhole = false;
    }
    if (node.endpoints.length > 0) {
      this.endpoints = node.endpoints;
      this.isWhole = isWhole;
    }
  }
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
    const walk = new Walk();
    this.#walk(root, path, 1, walk);
    const { api } = walk;
    if (api === null) return 'none';
    const route = endpointFor(walk.endpoints, method);
    if (!api.denyUndeclared) return route ?? api.route;
    if (!walk.isWhole) return 'none';
    return route ?? walk.endpoints.flatMap((endpoint) => endpoint.methods ?? []);
  }

  /** Goes down one segment at a time; a literal segment wins over a parameter. */
  #walk(start: Node, path: string, startAt: number, walk: Walk): void {
    let node: Node | null = start;
    let at = startAt;
    while (node !== null) {
      const isWhole = at >= path.length;
      walk.visit(node, isWhole);
      if (isWhole) return;
      const slash = path.indexOf('/', at);
      const end = slash < 0 ? path.length : slash;
      node = node.children.get(path.slice(at, end)) ?? node.parameter;
      at = end + 1;
    }
  }
}
