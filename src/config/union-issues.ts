import type { z } from 'zod';
import { closest } from '../lib/text/suggest.ts';
import type { Path } from './pointer.ts';
import { keysOf, optionsOf, schemasAt } from './schema-walk.ts';

export type Issue = z.core.$ZodIssue;

/** An issue of no single branch: the value is of no kind that the union takes. */
export interface KindIssue {
  readonly code: 'kind';
  readonly path: PropertyKey[];
  /** Types as zod calls them. */
  readonly types: readonly string[];
  /** Values that would be accepted. */
  readonly values: readonly unknown[];
}

export type LeafIssue = Exclude<Issue, z.core.$ZodIssueInvalidUnion> | KindIssue;

/** Replaces the issue of a union by those of the branch that fits the value best, with whole paths. */
export function leafIssues(root: z.core.$ZodType, issues: readonly Issue[], base: Path = []): LeafIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...(issue.path as Path)];
    if (issue.code !== 'invalid_union') return [{ ...issue, path } as LeafIssue];
    if (issue.errors.length === 0) return [{ code: 'custom', path, message: issue.message } as LeafIssue];
    const fitting = issue.errors
      .map((branch, at) => ({ branch, at }))
      .filter(({ branch }) => !isWrongKind(branch));
    if (fitting.length === 0) return [kindIssue(issue.errors.flat(), path)];
    const options = schemasAt(root, path).flatMap(optionsOf);
    const best = fitting
      .map(({ branch, at }) => ({ branch, cost: costOf(branch, options[at]) }))
      .reduce((one, other) => (other.cost < one.cost ? other : one));
    return leafIssues(root, best.branch, path);
  });
}

/** Whether a branch of a union refuses the value as such, not something inside it. */
function isWrongKind(branch: readonly Issue[]): boolean {
  return branch.some((issue) => {
    if (issue.path.length > 0) return false;
    if (issue.code === 'invalid_union') return issue.errors.every(isWrongKind);
    return issue.code === 'invalid_type' || issue.code === 'invalid_value';
  });
}

function kindIssue(issues: readonly Issue[], path: Path): KindIssue {
  const types: string[] = [];
  const values: unknown[] = [];
  const collect = (issue: Issue): void => {
    if (issue.path.length > 0) return;
    if (issue.code === 'invalid_type') types.push(issue.expected);
    else if (issue.code === 'invalid_value') values.push(...issue.values);
    else if (issue.code === 'invalid_union') issue.errors.flat().forEach(collect);
  };
  issues.forEach(collect);
  return { code: 'kind', path: [...path], types, values };
}

/** How far a branch is from what was written; an unknown key that is nearly one of its own speaks for it. */
function costOf(branch: readonly Issue[], option: z.core.$ZodType | undefined): number {
  const keys = option === undefined ? [] : keysOf(option);
  let cost = 0;
  for (const issue of branch) {
    if (issue.code !== 'unrecognized_keys') cost += 2;
    else for (const key of issue.keys) cost += closest(key, keys) === null ? 2 : 1;
  }
  return cost;
}
