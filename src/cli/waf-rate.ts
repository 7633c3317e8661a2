/** A share of blocks as people read it; `-` where nothing was blocked. */
export function rateText(rate: number | null): string {
  if (rate === null) return '-';
  const percent = 100 * rate;
  return `${percent === 0 || percent >= 1 ? percent.toFixed(1) : percent.toPrecision(2)} %`;
}
