/** Serial numbers in memory that threads share: sorted, each as wide as the longest, filled up with zeros in front. */
export interface FinishedTable {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly count: number;
}

/** Collects serial numbers, as hexadecimal, for `hasSerial`. */
export class SerialTable {
  readonly #serials: string[] = [];
  #digits = 2;

  add(serial: string): void {
    this.#serials.push(serial);
    if (serial.length > this.#digits) this.#digits = serial.length;
  }

  finish(): FinishedTable {
    const padded = this.#serials.map((serial) => serial.padStart(this.#digits, '0')).sort();
    const width = this.#digits / 2;
    const bytes = new Uint8Array(new SharedArrayBuffer(Math.max(padded.length, 1) * width));
    for (const [at, serial] of padded.entries()) bytes.set(Buffer.from(serial, 'hex'), at * width);
    return { bytes, width, count: padded.length };
  }
}

/** Whether a table has a serial number. Cost: a binary search. */
export function hasSerial({ bytes, width, count }: FinishedTable, serial: string): boolean {
  if (serial.length > width * 2) return false;
  const wanted = Buffer.from(serial.padStart(width * 2, '0'), 'hex');
  let [low, high] = [0, count - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compareAt(bytes, middle * width, wanted);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

function compareAt(bytes: Uint8Array, at: number, wanted: Uint8Array): number {
  for (let i = 0; i < wanted.length; i++) {
    const difference = (bytes[at + i] as number) - (wanted[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
