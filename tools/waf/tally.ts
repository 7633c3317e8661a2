/** How many of something were judged right, in the half that detectors were tuned with and in the other. */
export class Tally {
  readonly name: string;
  readonly source: string;
  tuned = 0;
  tunedRight = 0;
  held = 0;
  heldRight = 0;
  /** What was judged wrong; each once. */
  readonly wrong: Set<string> = new Set();

  constructor(name: string, source: string) {
    this.name = name;
    this.source = source;
  }

  add(isHeldOut: boolean, isRight: boolean, text: string): void {
    if (isHeldOut) {
      this.held++;
      if (isRight) this.heldRight++;
    } else {
      this.tuned++;
      if (isRight) this.tunedRight++;
    }
    if (!isRight) this.wrong.add(text);
  }
}

/** Such as `99.31 %`; `–` of nothing. */
export function share(right: number, all: number): string {
  return all === 0 ? '–' : `${(Math.floor((right / all) * 10_000) / 100).toFixed(2)} %`;
}

/** Sums of tallies. */
export function sumOf(name: string, tallies: readonly Tally[]): Tally {
  const sum = new Tally(name, '');
  for (const one of tallies) {
    sum.tuned += one.tuned;
    sum.tunedRight += one.tunedRight;
    sum.held += one.held;
    sum.heldRight += one.heldRight;
  }
  return sum;
}
