import type { ConfigProblem } from '../core/errors.ts';
import { canonicalHostPattern } from './api.schema.ts';
import { type EndpointSketch, sketchEndpoints } from './endpoint-id.ts';
import { asList, asRecord, readablePointer } from './pointer.ts';
import { uniqueProblems } from './unique.ts';

type Loose = Record<string, unknown>;
type Fold = (path: string) => string;

/** Finds APIs and endpoints that stand in each other's way, and upstreams that contradict themselves. */
export function apiProblems(root: Loose): ConfigProblem[] {
  const apis = asList(root.apis).map((api) => asRecord(api) ?? {});
  const fold = (path: string) => foldPath(path, asRecord(root.paths)?.matchCase !== 'exact');
  const ids = apis.map(({ id }, at) => ({ pointer: `/apis/${at}/id`, value: id }));
  return [
    ...uniqueProblems('API', ids),
    ...placeProblems(apis, fold),
    ...apis.flatMap((api, at) => [
      ...endpointProblems(sketchEndpoints(api, ['apis', at]), fold),
      ...upstreamProblems(asRecord(api.upstream), `/apis/${at}/upstream`),
    ]),
  ];
}

/** A path as the router tells paths apart: without names of parameters, the slash at the end and mostly case. */
function foldPath(path: string, ignoresCase: boolean): string {
  return (ignoresCase ? path.toLowerCase() : path).replace(/\{[^/}]*\}/g, '{}').replace(/(?!^)\/$/, '');
}

function placeProblems(apis: readonly Loose[], fold: Fold): ConfigProblem[] {
  const first = new Map<string, string>();
  return apis.flatMap((api, at) => {
    const path = api.path ?? '/';
    if (typeof path !== 'string') return [];
    const hosts = asList(api.hosts).filter((host) => typeof host === 'string');
    const places =
      hosts.length === 0 ? [''] : [...new Set(hosts.map((host) => canonicalHostPattern(host) ?? host))];
    const id = typeof api.id === 'string' ? `\`${api.id}\`` : readablePointer(`/apis/${at}`);
    for (const host of places) {
      const place = `${host} ${fold(path)}`;
      const earlier = first.get(place);
      first.set(place, earlier ?? id);
      if (earlier === undefined) continue;
      const where = host === '' ? 'every host' : `host \`${host}\``;
      const message = `API ${earlier} has the path \`${path}\` on ${where} already.`;
      const pointer = `/apis/${at}${api.path === undefined ? '' : '/path'}`;
      return [{ pointer, message, suggestion: 'Give the two different paths or hosts.' }];
    }
    return [];
  });
}

function endpointProblems(endpoints: readonly EndpointSketch[], fold: Fold): ConfigProblem[] {
  const ids = endpoints.map(({ pointer, id, hasOwnId }) => ({
    pointer: hasOwnId ? `${pointer}/id` : pointer,
    value: id,
    suggestion: hasOwnId ? 'Give it another name.' : 'Give it an `id` of its own.',
  }));
  const seen = new Map<string, EndpointSketch[]>();
  const overlaps = endpoints.flatMap((endpoint) => {
    const place = fold(endpoint.path);
    const others = seen.get(place) ?? [];
    const taken = others.find((other) => sharesMethod(other, endpoint));
    seen.set(place, [...others, endpoint]);
    if (taken === undefined) return [];
    const message = `Requests for \`${endpoint.path}\` go to ${readablePointer(taken.pointer)} already.`;
    return [{ pointer: endpoint.pointer, message, suggestion: 'Give the two different paths or methods.' }];
  });
  const told = new Set(overlaps.map(({ pointer }) => pointer));
  return [...overlaps, ...uniqueProblems('endpoint', ids).filter(({ pointer }) => !told.has(pointer))];
}

/** Whether requests for `later` may go to `earlier`. An entry for every method takes what those before it leave. */
function sharesMethod(earlier: EndpointSketch, later: EndpointSketch): boolean {
  if (earlier.methods === null) return true;
  return later.methods !== null && earlier.methods.some((method) => later.methods?.includes(method));
}

function upstreamProblems(upstream: Loose | null, pointer: string): ConfigProblem[] {
  if (upstream === null) return [];
  const problems: ConfigProblem[] = [];
  const urls = asList(upstream.targets).map((target, at) => ({
    pointer: `${pointer}/targets/${at}`,
    url: typeof target === 'string' ? target : asRecord(target)?.url,
  }));
  const seen = new Set<unknown>();
  for (const target of urls) {
    if (typeof target.url !== 'string') continue;
    const origin = URL.parse(target.url)?.origin ?? target.url;
    if (seen.has(origin))
      problems.push({ pointer: target.pointer, message: `The target \`${origin}\` is here twice.` });
    seen.add(origin);
  }
  const tls = asRecord(upstream.tls);
  if (tls === null) return problems;
  if (urls.length > 0 && !urls.some(({ url }) => typeof url === 'string' && /^https:/i.test(url))) {
    const message = 'No target is reached over https, so these settings protect nothing.';
    problems.push({
      pointer: `${pointer}/tls`,
      message,
      suggestion: 'Write https:// in the targets, or remove `tls`.',
    });
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const message = 'A client certificate needs both `cert` and `key`.';
    problems.push({ pointer: `${pointer}/tls`, message });
  }
  return problems;
}
