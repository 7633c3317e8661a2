const EULER_MASCHERONI = 0.577_215_664_901_532_9;

/**
 * Steps that it takes on average to isolate one of `size` points by random splits: c(n).
 *
 * Source: Liu, Ting, Zhou, "Isolation Forest", ICDM 2008, equation 1: the average length of an unsuccessful search in a
 * binary search tree, with ln(i) + γ for the harmonic number.
 */
export function averagePathLength(size: number): number {
  if (size <= 1) return 0;
  if (size === 2) return 1;
  return 2 * (Math.log(size - 1) + EULER_MASCHERONI) - (2 * (size - 1)) / size;
}
