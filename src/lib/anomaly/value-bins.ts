export const BINS = 48;

/** Adds weight to the bin of a value between 0 and `most`; what lies outside counts at the end. */
export function addValue(bins: Float32Array, at: number, value: number, most: number, weight: number): void {
  const place = Math.floor((value / most) * BINS);
  const bin = at + Math.min(BINS - 1, Math.max(0, place));
  bins[bin] = (bins[bin] as number) + weight;
}

/** The value below which a weight of `below` lies; the values of a bin are taken to be spread evenly over it. */
export function valueAbove(bins: Float32Array, at: number, below: number, most: number): number {
  let left = below;
  let last = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const weight = bins[at + bin] as number;
    if (weight <= 0) continue;
    if (left <= weight) return ((bin + left / weight) * most) / BINS;
    left -= weight;
    last = bin + 1;
  }
  return (last * most) / BINS;
}

/** All weight of the bins. */
export function weightOf(bins: Float32Array, at: number): number {
  let sum = 0;
  for (let bin = at; bin < at + BINS; bin++) sum += bins[bin] as number;
  return sum;
}
