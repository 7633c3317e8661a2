import type { Bytes } from '../bytes.ts';
import type { Needs } from '../operator.ts';
import type { ByteSet } from './byte-set.ts';
import { literalsOf } from './literals.ts';
import { EMPTY, minLength, type PatternNode } from './node.ts';

/** Most literals of a clause. */
const MAX_LITERALS = 64;
/** Most bytes of a class that is a clause by itself. */
const MAX_CLASS = 48;
/** Most bytes of a class that is joined with its neighbours. */
const MAX_JOINED = 16;
/** Most clauses of a pattern. */
const MAX_CLAUSES = 8;
/** How often at most a clause may be there in an ordinary value, to be worth looking for. */
const MAX_CHANCE = 0.999;
/** How often all clauses together are there where more of them are of no use. */
const ENOUGH = 1e-8;
/** Bytes of an ordinary value. */
const VALUE_BYTES = 40;

type Clause = readonly Bytes[];

/**
 * What is known of all matches of a node.
 *
 * Shape: `exact` are all its matches in lower case, where they are few; `clauses` hold for every value that it matches in.
 */
interface Known {
  readonly exact: readonly Bytes[] | null;
  readonly clauses: readonly Clause[];
}

const NOTHING: Known = { exact: null, clauses: [] };

/**
 * The literals without which a pattern cannot match, as clauses; null where none are worth looking for.
 *
 * Safety: only what every match has is asked for; a clause that is left out costs time, never a match.
 */
export function needsOf(node: PatternNode): Needs | null {
  const known = knownOf(node);
  const clauses = known.exact === null ? known.clauses : [...known.clauses, known.exact];
  const needs = best(unique(clauses.filter(isClause).map(withoutLonger)));
  return needs.length === 0 ? null : needs;
}

/** The clauses that tell most values apart, and no more than it takes. */
function best(clauses: readonly Clause[]): Clause[] {
  const kept: Clause[] = [];
  let together = 1;
  for (const clause of ranking(clauses)) {
    const chance = chanceOf(clause);
    if (chance > MAX_CHANCE || together < ENOUGH || kept.length === MAX_CLAUSES) break;
    kept.push(clause);
    together *= chance;
  }
  return kept;
}

function ofSet(set: ByteSet): Known {
  const literals = literalsOf(set, MAX_CLASS);
  if (literals === null) return NOTHING;
  return literals.length <= MAX_JOINED
    ? { exact: literals, clauses: [] }
    : { exact: null, clauses: [literals] };
}

function knownOf(node: PatternNode): Known {
  switch (node.kind) {
    case 'bytes':
      return ofSet(node.set);
    case 'sequence':
      return ofSequence(node.nodes);
    case 'choice':
      return ofChoice(node.nodes.map(knownOf));
    case 'capture':
    case 'atomic':
      return knownOf(node.node);
    case 'repeat':
      return ofSequence([node]);
    case 'look':
      // What a lookahead asks for is in the value as well, but not as a part of what stands beside it.
      return { exact: [''], clauses: node.isNegated ? [] : clausesOf(knownOf(node.node)) };
    case 'assertion':
      return { exact: [''], clauses: [] };
    case 'backreference':
      return NOTHING;
  }
}

/** All that is known, as clauses. */
function clausesOf({ exact, clauses }: Known): readonly Clause[] {
  return exact !== null && isClause(exact) ? [...clauses, exact] : clauses;
}

const isClause = (literals: Clause): boolean => literals.length > 0 && !literals.includes('');

function ofChoice(branches: readonly Known[]): Known {
  if (branches.every(({ exact }) => exact !== null)) {
    const exact = [...new Set(branches.flatMap((branch) => branch.exact as readonly Bytes[]))];
    if (exact.length <= MAX_LITERALS) return { exact, clauses: [] };
  }
  // Every branch gives its best clause, and the value has to have one of them; once more with the second best.
  const ranked = branches.map((branch) => ranking(clausesOf(branch)));
  return { exact: null, clauses: [0, 1].flatMap((rank) => combine(ranked, rank)) };
}

/** One clause out of the clauses of that rank, or the best there is; none where a branch has none or they are too many. */
function combine(branches: readonly (readonly Clause[])[], rank: number): Clause[] {
  const union = new Set<Bytes>();
  for (const clauses of branches) {
    const clause = clauses[Math.min(rank, clauses.length - 1)];
    if (clause === undefined) return [];
    for (const literal of clause) union.add(literal);
  }
  const clause = withoutLonger([...union]);
  return clause.length > MAX_LITERALS ? [] : [clause];
}

function ranking(clauses: readonly Clause[]): readonly Clause[] {
  return clauses
    .map((clause) => ({ clause, chance: chanceOf(clause) }))
    .sort((one, other) => one.chance - other.chance)
    .map(({ clause }) => clause);
}

/** Joins what neighbours match as long as it stays few; what it was becomes a clause when it does not. */
class Run {
  readonly clauses: Clause[] = [];
  #exact: readonly Bytes[] = [''];
  /** Whether nothing has been left out since the start. */
  isWhole = true;

  add({ exact, clauses }: Known): void {
    this.clauses.push(...clauses);
    if (exact === null) {
      this.breakOff();
      return;
    }
    const joined = join(this.#exact, exact);
    if (joined.length <= MAX_LITERALS) {
      this.#exact = joined;
      return;
    }
    this.breakOff();
    this.#exact = exact;
  }

  /** Something comes of which nothing is known. */
  breakOff(): void {
    if (isClause(this.#exact)) this.clauses.push(this.#exact);
    this.#exact = [''];
    this.isWhole = false;
  }

  /** What comes may be repeated: what stood before ends with it, and what follows begins with it. */
  addRepeated(known: Known): void {
    this.add(known);
    this.breakOff();
    if (known.exact !== null) this.#exact = known.exact;
  }

  end(): Known {
    return this.isWhole
      ? { exact: this.#exact, clauses: this.clauses }
      : { exact: null, clauses: isClause(this.#exact) ? [...this.clauses, this.#exact] : this.clauses };
  }
}

function join(heads: readonly Bytes[], tails: readonly Bytes[]): readonly Bytes[] {
  if (tails.length === 1 && tails[0] === '') return heads;
  if (heads.length * tails.length > MAX_LITERALS * 4) return new Array<Bytes>(MAX_LITERALS + 1).fill('');
  return [...new Set(heads.flatMap((head) => tails.map((tail) => head + tail)))];
}

function ofSequence(nodes: readonly PatternNode[]): Known {
  const run = new Run();
  for (const node of nodes) {
    if (node.kind !== 'repeat') run.add(knownOf(node));
    else if (node.max === 1) run.add(ofChoice([knownOf(EMPTY), knownOf(node.node)]));
    else if (node.min === 0 || minLength(node) === 0) run.breakOff();
    else addCounted(run, knownOf(node.node), node.min, node.max);
  }
  return run.end();
}

function addCounted(run: Run, known: Known, min: number, max: number): void {
  const times = Math.min(min, 8);
  for (let time = 1; time < times; time++) run.add(known);
  if (times === max) run.add(known);
  else run.addRepeated(known);
}

/** Literals that hold another of the same clause say nothing more. */
function withoutLonger(clause: Clause): Clause {
  const sorted = [...new Set(clause)].sort((one, other) => one.length - other.length);
  const kept: Bytes[] = [];
  for (const literal of sorted) {
    if (!kept.some((shorter) => literal.includes(shorter))) kept.push(literal);
  }
  return kept;
}

function unique(clauses: readonly Clause[]): Clause[] {
  return [...new Map(clauses.map((clause) => [[...clause].sort().join('\n'), clause])).values()];
}

/** About how often an ordinary value of requests has one of the literals. */
function chanceOf(clause: Clause): number {
  const absent = clause.reduce((product, literal) => product * (1 - chanceOfLiteral(literal)), 1);
  return 1 - absent;
}

function chanceOfLiteral(literal: Bytes): number {
  let chance = VALUE_BYTES;
  for (let at = 0; at < literal.length; at++) chance *= FREQUENCIES[literal.charCodeAt(at)] as number;
  return Math.min(1, chance);
}

function frequencyOf(byte: string): number {
  if (/[etaoinsr]/.test(byte)) return 0.06;
  if (/[a-z]/.test(byte)) return 0.025;
  if (/[0-9]/.test(byte)) return 0.02;
  if (/[ ./:_-]/.test(byte)) return 0.012;
  return /[=,;&"%+?(){}[\]*]/.test(byte) ? 0.004 : 0.001;
}

/** About how many of the bytes of values are this one. */
const FREQUENCIES: Float64Array = Float64Array.from({ length: 256 }, (_, code) =>
  frequencyOf(String.fromCharCode(code)),
);
