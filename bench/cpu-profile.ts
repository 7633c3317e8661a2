import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thread's profile as V8 writes it. Source: Chrome DevTools Protocol, Profiler.Profile. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Monotonic clock, in microseconds. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** Time that a function itself was running, without what it called. */
export interface SelfTime {
  readonly group: string;
  readonly name: string;
  readonly us: number;
}

/** A span of the monotonic clock, in microseconds. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Adds up the self times of every thread whose profile is in a folder, longest first; idle time is left out. */
export function readSelfTimes(dir: string, span: Span): SelfTime[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'));
  const sums = new Map<string, SelfTime>();
  for (const name of names) addProfile(JSON.parse(readFileSync(join(dir, name), 'utf8')), span, sums);
  return [...sums.values()].sort((left, right) => right.us - left.us);
}

function addProfile(profile: CpuProfile, { fromUs, toUs }: Span, sums: Map<string, SelfTime>): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[index]!;
    atUs += deltaUs;
    const frame = nodes.get(id)!.callFrame;
    if (atUs < fromUs || atUs > toUs || frame.functionName === '(idle)') continue;
    const name = isNative(frame) ? `${nameOf(frame)} for ${callerOf(id, parents)}` : nameOf(frame);
    sums.set(name, { name, group: groupOf(frame), us: (sums.get(name)?.us ?? 0) + deltaUs });
  }
}

/** Whether a function of Node's or the engine's own was called from JavaScript. */
function isNative({ functionName, url }: CallFrame): boolean {
  return url === '' && !functionName.startsWith('(');
}

/** The nearest source that is not Node's own among the callers of a function; Node's own where there is none. */
function callerOf(id: number, parents: ReadonlyMap<number, ProfileNode>): string {
  const places: string[] = [];
  for (let node = parents.get(id); node !== undefined; node = parents.get(node.id)) {
    if (node.callFrame.url !== '') places.push(placeOf(node.callFrame.url));
  }
  return places.find((place) => !place.startsWith('node:')) ?? places[0] ?? 'the engine';
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = placeOf(url);
  return `${functionName || '(anonymous)'}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`;
}

/** A source relative to the repository. */
function placeOf(url: string): string {
  return url.replace(/^file:\/\/.*?\/(?=(?:src|node_modules)\/)/, '');
}

/** Who a function belongs to: a folder of ours, a package, a part of Node, or the engine. */
function groupOf({ functionName, url }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return "native '(program)'";
  if (url === '') return 'native functions called from JavaScript';
  if (url.startsWith('wasm:')) return 'WebAssembly';
  const place = placeOf(url);
  const own = /^src\/(?:lib\/[^/]+|[^/]+)(?=\/)/.exec(place)?.[0];
  if (own !== undefined) return own;
  const library = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place)?.[1];
  if (library !== undefined) return library;
  const part = /^node:(?:internal\/)?_?([a-z0-9]+)/.exec(url)?.[1];
  return part === undefined ? place : `node ${part}`;
}
