import type { CompileOperator } from '../operator.ts';

/** An operator of ModSecurity that is not carried out here: a rule that uses it is an error, not a rule that never matches. */
export function refused(reason: string): CompileOperator {
  return () => {
    throw new RangeError(reason);
  };
}
