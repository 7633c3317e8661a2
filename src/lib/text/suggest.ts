/** Longer words are not compared: nobody mistypes them, and the cost is quadratic. */
const LONGEST = 64;

/** Finds the candidate that was probably meant: the nearest one within a distance that grows with the word. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  if (wanted.length > LONGEST) return null;
  let best: string | null = null;
  let least = wanted.length <= 2 ? 1 : wanted.length <= 5 ? 2 : 3 + Math.floor((wanted.length - 6) / 6);
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = distanceOf(wanted, candidate.toLowerCase());
    // A word that shares nothing with the candidate is another word, however short both are.
    if (distance < least && distance < Math.max(wanted.length, candidate.length)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance in its optimal string alignment form: insert, delete, replace, swap neighbours. */
function distanceOf(a: string, b: string): number {
  let beforeLast = new Uint8Array(b.length + 1);
  let last = Uint8Array.from({ length: b.length + 1 }, (_, j) => j);
  let row = new Uint8Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      row[j] = cost;
    }
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length] as number;
}
