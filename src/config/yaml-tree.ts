import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument as parseYaml } from 'yaml';
import type { ConfigProblem } from '../core/errors.ts';
import { type Path, pointerOf } from './pointer.ts';

/** A place in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a YAML text says, and where. */
export interface YamlTree {
  readonly value: unknown;
  /** Places of values and of keys by JSON pointer. */
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly ConfigProblem[];
}

const MAX_DEPTH = 64;
/** One missing bracket can make a fault of every line after it. */
const MAX_FAULTS = 8;
/** Bounds what aliases of aliases can grow to. */
const MAX_NODES = 200_000;

/** Reads one YAML 1.2 document with the JSON types only; finds duplicate keys; never throws. */
export function parseYamlTree(text: string): YamlTree {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseYaml(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      uniqueKeys: false, // found below, without comparing each key with every other
      merge: false,
      prettyErrors: false,
      logLevel: 'error', // `silent` would also hide a second document
    });
    const problems = [...document.errors, ...document.warnings]
      .slice(0, MAX_FAULTS)
      .map(({ code, message, pos }) => ({
        pointer: '',
        message: `The file is not valid YAML: ${yamlSentence(code, message)}`,
        ...placeOf(pos[0]),
      }));
    if (document.errors.length > 0) return { value: undefined, places: new Map(), problems };
    const walk = new TreeWalk(placeOf);
    walk.problems.push(...problems);
    const value = walk.convert(document.contents as Node | null, []);
    return { value, places: walk.places, problems: walk.problems };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return {
      value: undefined,
      places: new Map(),
      problems: [{ pointer: '', message: 'The file is not valid YAML: it is nested too deeply.' }],
    };
  }
}

function yamlSentence(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'it has more than one document.';
  if (code === 'TAB_AS_INDENT') return 'it is indented with tabs; use spaces.';
  const plain = (message.split('\n')[0] as string).replace(/^./, (first) => first.toLowerCase());
  return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}

/** Turns nodes into plain values, remembering where each came from. */
class TreeWalk {
  readonly places = new Map<string, Place>();
  readonly problems: ConfigProblem[] = [];
  readonly #placeOf: (offset: number) => Place;
  readonly #anchors = new Map<string, Node>();
  /** Nodes under conversion: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #nodes = 0;
  #isFull = false;

  constructor(placeOf: (offset: number) => Place) {
    this.#placeOf = placeOf;
  }

  convert(node: Node | null, path: Path): unknown {
    if (node === null || node === undefined) return null;
    const pointer = pointerOf(path);
    const place = this.#placeOf(node.range?.[0] ?? 0);
    if (!this.places.has(pointer)) this.places.set(pointer, place);
    if (!this.#hasRoom(pointer, place, path)) return null;
    if (isAlias(node)) return this.#convertAlias(node.source, pointer, place, path);
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node.value, pointer, place);
    this.#open.add(node);
    const value = isSeq(node)
      ? node.items.map((item, at) => this.convert(item as Node | null, [...path, at]))
      : this.#convertMap(node, path, place);
    this.#open.delete(node);
    return value;
  }

  #convertMap(node: Node, path: Path, place: Place): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    if (!isMap(node)) return result;
    for (const { key, value } of node.items) {
      const keyNode = key as Node | null;
      const at = keyNode?.range ? this.#placeOf(keyNode.range[0]) : place;
      const name = isScalar(keyNode) && typeof keyNode.value !== 'object' ? String(keyNode.value) : null;
      if (name === null || name === '__proto__') {
        this.#report(pointerOf(path), 'A key must be a plain word.', at);
        continue;
      }
      const pointer = pointerOf([...path, name]);
      if (Object.hasOwn(result, name)) {
        this.#report(pointer, `\`${name}\` is here twice.`, at, 'Keep one of them.');
        continue;
      }
      this.places.set(pointer, at);
      result[name] = this.convert(value as Node | null, [...path, name]);
    }
    return result;
  }

  #convertAlias(name: string, pointer: string, place: Place, path: Path): unknown {
    const target = this.#anchors.get(name);
    if (target !== undefined && !this.#open.has(target)) return this.convert(target, path);
    const message = target === undefined ? 'is not defined before' : 'contains itself';
    this.#report(pointer, `The alias \`*${name}\` ${message}.`, place);
    return null;
  }

  #scalar(value: unknown, pointer: string, place: Place): unknown {
    const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    if (!isPlain)
      this.#report(pointer, 'Only texts, numbers, `true`, `false`, lists and blocks may be here.', place);
    return isPlain ? value : null;
  }

  #hasRoom(pointer: string, place: Place, path: Path): boolean {
    this.#nodes++;
    if (path.length <= MAX_DEPTH && this.#nodes <= MAX_NODES) return true;
    if (!this.#isFull) {
      const message =
        path.length > MAX_DEPTH ? 'nested too deeply' : 'too large once its aliases are replaced';
      this.#report(pointer, `The file is ${message}.`, place);
    }
    this.#isFull = true;
    return false;
  }

  #report(pointer: string, message: string, place: Place, suggestion?: string): void {
    this.problems.push({ pointer, message, ...(suggestion === undefined ? {} : { suggestion }), ...place });
  }
}
