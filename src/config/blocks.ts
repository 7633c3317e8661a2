import type { z } from 'zod';
import type { Mode, Stage } from '../core/stage.ts';
import type { StageRow } from '../stages/index.ts';
import { asRecord } from './pointer.ts';

/** A block as one level of the configuration has it. */
export interface BlockSource {
  /** JSON pointer of the block. */
  readonly pointer: string;
  readonly raw: unknown;
  /** The key that the entries belong to where the block is written as a list. */
  readonly listKey?: string;
}

/** The configuration of one stage for one route, after defaults, API and endpoint were merged. */
export interface StageBlock {
  readonly key: string;
  /** What the schema of the stage made of the merged block. */
  readonly config: { readonly mode: Mode };
  /** Where it came from, the most general first; empty when nobody wrote the block. */
  readonly sources: readonly BlockSource[];
}

/** The blocks of a route by stage key; every stage has one. */
export type StageBlocks = ReadonlyMap<string, StageBlock>;

// biome-ignore lint/suspicious/noExplicitAny: each row has its own configuration type
type AnyStage = Stage<any>;

/** One stage per block key: stages that share a block share its schema. */
export function blockStages(rows: readonly StageRow[]): ReadonlyMap<string, AnyStage> {
  const found = new Map<string, AnyStage>();
  for (const { stage } of rows) if (!found.has(stage.key)) found.set(stage.key, stage);
  return found;
}

/** Zod shape with the optional block of every stage. */
export function blockShape(rows: readonly StageRow[]): Record<string, z.ZodOptional<z.ZodType>> {
  return Object.fromEntries(
    [...blockStages(rows)].map(([key, stage]) => [key, (stage.schema as z.ZodType).optional()]),
  );
}

/**
 * Lays a more specific block over a general one.
 *
 * Shape: objects merge key by key, one level deep; lists, words and numbers replace.
 */
export function mergeBlock(stage: AnyStage, general: unknown, specific: unknown): unknown {
  if (specific === undefined) return general;
  const below = asRecord(expandList(stage, general));
  const above = asRecord(expandList(stage, specific));
  if (below === null || above === null) return specific;
  const exclusive = stage.exclusiveKeys ?? [];
  const chooses = exclusive.some((key) => Object.hasOwn(above, key));
  const replaced = Object.entries(stage.replacingKeys ?? {}).flatMap(([key, others]) =>
    Object.hasOwn(above, key) ? others : [],
  );
  const gone = new Set(chooses ? [...exclusive, ...replaced] : replaced);
  const kept = Object.entries(below).filter(([key]) => !gone.has(key));
  return { ...Object.fromEntries(kept), ...above };
}

function expandList(stage: AnyStage, raw: unknown): unknown {
  return Array.isArray(raw) && stage.listKey !== undefined ? { [stage.listKey]: raw } : raw;
}

/** Merges the blocks of one stage; undefined when nobody wrote one. */
export function mergeBlocks(stage: AnyStage, sources: readonly BlockSource[]): unknown {
  return sources.reduce<unknown>((merged, source) => mergeBlock(stage, merged, source.raw), undefined);
}

/** Finds where a value of a merged block was written, given its pointer relative to the block. */
export function sourcePointer(sources: readonly BlockSource[], relative: string): string {
  const last = sources.at(-1);
  if (last === undefined) return '';
  const key = /^\/([^/]*)/.exec(relative)?.[1];
  if (key === undefined) return last.pointer;
  const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
  const writer = sources.findLast((source) => hasKey(source, name));
  if (writer === undefined) return last.pointer;
  // The entries of a list lie directly below the block.
  const isListed = Array.isArray(writer.raw) && name === writer.listKey;
  return writer.pointer + (isListed ? relative.slice(key.length + 1) : relative);
}

function hasKey({ raw, listKey }: BlockSource, key: string): boolean {
  if (Array.isArray(raw)) return key === listKey || Object.hasOwn(raw, key);
  return Object.hasOwn(asRecord(raw) ?? {}, key);
}

/** How problems of merged blocks are found and told. */
export interface BlockReporting {
  /** Whether the block at a pointer has problems of its own, so that merging it would only repeat them. */
  isBroken(pointer: string): boolean;
  /** Says what is wrong with a merged block; pointers are relative to it. */
  explain(stage: AnyStage, error: z.ZodError, merged: unknown, sources: readonly BlockSource[]): void;
}

/** The blocks of a route that nobody configured: what each stage makes of an empty block. */
export function emptyBlocks(stages: ReadonlyMap<string, AnyStage>): StageBlocks {
  return new Map(
    [...stages].map(([key, stage]) => [key, { key, config: stage.schema.parse({}), sources: [] }]),
  );
}

/**
 * Lays the blocks of one level over those it inherits, and parses each again that the level changes.
 *
 * Shape: a block with problems is missing from the result, and from what inherits it.
 */
export function compileBlocks(
  stages: ReadonlyMap<string, AnyStage>,
  inherited: StageBlocks,
  level: BlockSource,
  reporting: BlockReporting,
): StageBlocks {
  const own = asRecord(level.raw) ?? {};
  if (![...stages.keys()].some((key) => own[key] !== undefined)) return inherited;
  const blocks = new Map(inherited);
  for (const [key, stage] of stages) {
    const raw = own[key];
    if (raw === undefined) continue;
    const below = inherited.get(key);
    blocks.delete(key);
    const source = { pointer: `${level.pointer}/${key}`, raw, listKey: stage.listKey };
    if (below === undefined || reporting.isBroken(source.pointer)) continue;
    const sources = [...below.sources, source];
    const merged = mergeBlocks(stage, sources);
    const parsed = stage.schema.safeParse(merged);
    if (parsed.success) blocks.set(key, { key, config: parsed.data, sources });
    else reporting.explain(stage, parsed.error, merged, sources);
  }
  return blocks;
}
