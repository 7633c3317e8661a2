import { type Parameter, parameterText } from '../meaning/parameter.ts';

/** What is taken out: one parameter of some rules, on one path. */
export interface Exclusion {
  /** Of the rule that it becomes. */
  readonly id: number;
  /** Canonical. */
  readonly path: string;
  /** Whether everything below the path is meant as well. */
  readonly isPrefix: boolean;
  readonly targets: readonly ExcludedTarget[];
}

export interface ExcludedTarget {
  readonly ruleId: number;
  readonly parameter: Parameter;
}

/** Paths that stand in a rule file as they are, without an escape or a macro. */
const PLAIN_PATH = /^\/[A-Za-z0-9/._~!$&()*+,;=:@%-]*$/;

/** Whether a path can be written into a rule as it is. */
export function isWritablePath(path: string): boolean {
  return PLAIN_PATH.test(path) && !path.includes('%{');
}

/**
 * An exclusion as a rule: it runs before all others, in phase 1, and takes each parameter from each rule on this path only.
 *
 * Safety: a path in another spelling than the one that is written is not excluded, so the rule matches there as before.
 */
export function exclusionText({ id, path, isPrefix, targets }: Exclusion, comment: string): string {
  const operator =
    isPrefix && !path.endsWith('/')
      ? `@beginsWith ${path}/`
      : isPrefix
        ? `@beginsWith ${path}`
        : `@streq ${path}`;
  const controls = targets.map(
    ({ ruleId, parameter }) => `ctl:ruleRemoveTargetById=${ruleId};${parameterText(parameter)}`,
  );
  const actions = [`id:${id}`, 'phase:1', 'pass', 't:none', 'nolog', ...controls];
  const notes = comment.split('\n').map((line) => `# ${line.replaceAll(/[^\x20-\x7e]/g, '?')}`);
  return [
    ...notes,
    `SecRule REQUEST_FILENAME "${operator}" \\`,
    `    "${actions.join(',\\\n    ')}"`,
    '',
  ].join('\n');
}

/** Exclusions of the operator have ids from here on. */
const FIRST_ID = 9_900_000;

/** An id that no rule has. */
export function freeId(used: ReadonlySet<number>): number {
  let id = FIRST_ID;
  while (used.has(id)) id++;
  return id;
}
