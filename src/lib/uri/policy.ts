/** What to do with spellings that servers read in different ways. */
export interface TargetPolicy {
  /** `%2F` in a path. Keeping it weakens: an upstream that decodes it sees another path than we do. */
  readonly encodedSlash: 'reject' | 'keep';
  /** A backslash in a path, raw or as `%5C`. */
  readonly backslash: 'reject' | 'slash';
  /** `;` in a path, raw or as `%3B`. Keeping it weakens: some upstreams cut segments there. */
  readonly semicolon: 'reject' | 'keep';
}

/** Why a target is refused. */
export type TargetFault =
  | 'empty'
  | 'authority-form'
  | 'characters'
  | 'percent'
  | 'encoded-slash'
  | 'backslash'
  | 'nul'
  | 'control'
  | 'utf8'
  | 'above-root'
  | 'fragment'
  | 'semicolon'
  | 'userinfo'
  | 'scheme'
  | 'too-long';

/** A path in its one spelling, or why it has none. */
export type PathResult = { readonly ok: true; readonly path: string } | PathProblem;

export interface PathProblem {
  readonly ok: false;
  readonly problem: TargetFault;
}

export const STRICT_POLICY: TargetPolicy = {
  encodedSlash: 'reject',
  backslash: 'reject',
  semicolon: 'reject',
};

/** Makes the value that says why there is no path or target. */
export function refuse(problem: TargetFault): PathProblem {
  return { ok: false, problem };
}
