import type { CompileOperator } from '../operator.ts';

/** Captured is the fingerprint of the injection. */
export const detectSqli: CompileOperator = (_argument, host) => ({
  test(value, captures) {
    const fingerprint = host.sqlFingerprint(value);
    if (fingerprint === '') return false;
    if (captures !== null) captures[0] = fingerprint;
    return true;
  },
  needs: null,
});

/** Captured is the value. */
export const detectXss: CompileOperator = (_argument, host) => ({
  test(value, captures) {
    if (!host.isXss(value)) return false;
    if (captures !== null) captures[0] = value;
    return true;
  },
  needs: null,
});
