/** Whether the squares of a corner are dark, from its centre outwards; the last one is its quiet rim. */
const FINDER_RINGS = [1, 1, 0, 1, 0] as const;
const FORMAT_MASK = 0x5412;

type Mask = (x: number, y: number) => boolean;

/** Which modules each mask turns over (ISO/IEC 18004, table 10). */
const MASKS: readonly Mask[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** A square of modules, and which of them have a function of their own. */
export class QrSymbol {
  readonly size: number;
  readonly #dark: Uint8Array;
  readonly #isFunction: Uint8Array;

  constructor(version: number) {
    this.size = 17 + 4 * version;
    this.#dark = new Uint8Array(this.size * this.size);
    this.#isFunction = new Uint8Array(this.size * this.size);
    this.#drawPatterns(version);
  }

  isDark(x: number, y: number): boolean {
    return this.#dark[y * this.size + x] === 1;
  }

  /** Places the codewords in the columns of two, from the right, upwards and downwards in turn. */
  place(codewords: Uint8Array): void {
    let bit = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        for (const x of [right, right - 1]) {
          const isUpwards = ((right + 1) & 2) === 0;
          const y = isUpwards ? this.size - 1 - step : step;
          if (this.#isFunction[y * this.size + x] === 1 || bit >= 8 * codewords.length) continue;
          const value = ((codewords[bit >> 3] as number) >> (7 - (bit & 7))) & 1;
          this.#dark[y * this.size + x] = value;
          bit += 1;
        }
      }
    }
  }

  /** Turns over the modules of a mask, and says which mask it was; a second time takes it back. */
  mask(index: number): void {
    const mask = MASKS[index] as Mask;
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        const at = y * this.size + x;
        if (this.#isFunction[at] === 0 && mask(x, y)) this.#dark[at] = (this.#dark[at] as number) ^ 1;
      }
    }
    this.#drawFormat(index);
  }

  #set(x: number, y: number, isDark: boolean): void {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.#dark[y * this.size + x] = Number(isDark);
    this.#isFunction[y * this.size + x] = 1;
  }

  #drawPatterns(version: number): void {
    const last = this.size - 1;
    for (let at = 0; at < this.size; at++) {
      this.#set(6, at, at % 2 === 0);
      this.#set(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3] as const, [last - 3, 3] as const, [3, last - 3] as const])
      this.#drawFinder(x, y);
    const places = alignmentPlaces(version, this.size);
    for (const [i, x] of places.entries()) {
      for (const [j, y] of places.entries()) {
        const isFinder =
          (i === 0 && j === 0) ||
          (i === 0 && j === places.length - 1) ||
          (i === places.length - 1 && j === 0);
        if (!isFinder) this.#drawSquares(x, y, [1, 0, 1]);
      }
    }
    this.#drawFormat(0);
    if (version >= 7) this.#drawVersion(version);
  }

  #drawFinder(x: number, y: number): void {
    this.#drawSquares(x, y, FINDER_RINGS);
  }

  /** Squares around a centre; whether each is dark, from the centre outwards. */
  #drawSquares(centreX: number, centreY: number, rings: readonly number[]): void {
    const reach = rings.length - 1;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        this.#set(centreX + dx, centreY + dy, rings[Math.max(Math.abs(dx), Math.abs(dy))] === 1);
      }
    }
  }

  /** Level M and the mask, twice, with its code (ISO/IEC 18004, section 7.9). */
  #drawFormat(mask: number): void {
    let rest = mask;
    for (let round = 0; round < 10; round++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ FORMAT_MASK;
    const isDark = (bit: number): boolean => ((bits >> bit) & 1) === 1;
    for (let bit = 0; bit <= 5; bit++) this.#set(8, bit, isDark(bit));
    this.#set(8, 7, isDark(6));
    this.#set(8, 8, isDark(7));
    this.#set(7, 8, isDark(8));
    for (let bit = 9; bit < 15; bit++) this.#set(14 - bit, 8, isDark(bit));
    for (let bit = 0; bit < 8; bit++) this.#set(this.size - 1 - bit, 8, isDark(bit));
    for (let bit = 8; bit < 15; bit++) this.#set(8, this.size - 15 + bit, isDark(bit));
    this.#set(8, this.size - 8, true);
  }

  /** The version, twice, with its code (ISO/IEC 18004, section 7.10). */
  #drawVersion(version: number): void {
    let rest = version;
    for (let round = 0; round < 12; round++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let bit = 0; bit < 18; bit++) {
      const isDark = ((bits >> bit) & 1) === 1;
      const [far, near] = [this.size - 11 + (bit % 3), Math.floor(bit / 3)];
      this.#set(far, near, isDark);
      this.#set(near, far, isDark);
    }
  }
}

/** Rows and columns that alignment patterns are centred on. */
function alignmentPlaces(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((size - 13) / (2 * count - 2)) * 2;
  const places = [6];
  for (let at = count - 2; at >= 0; at--) places.push(size - 7 - at * step);
  return places;
}
