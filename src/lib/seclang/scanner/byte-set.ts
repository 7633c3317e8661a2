import type { Bytes } from '../bytes.ts';

/** Which of the 256 bytes occur somewhere: a bit for each, in words of 32. */
export class ByteSet {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly w4: number;
  readonly w5: number;
  readonly w6: number;
  readonly w7: number;

  /** Takes eight words. */
  constructor(words: Int32Array) {
    this.w0 = words[0] as number;
    this.w1 = words[1] as number;
    this.w2 = words[2] as number;
    this.w3 = words[3] as number;
    this.w4 = words[4] as number;
    this.w5 = words[5] as number;
    this.w6 = words[6] as number;
    this.w7 = words[7] as number;
  }

  static of(bytes: Bytes): ByteSet {
    const words = new Int32Array(8);
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes.charCodeAt(at);
      words[byte >>> 5] = (words[byte >>> 5] as number) | (1 << byte);
    }
    return new ByteSet(words);
  }

  /** Whether a byte is in both. */
  meets(other: ByteSet): boolean {
    return (
      ((this.w0 & other.w0) |
        (this.w1 & other.w1) |
        (this.w2 & other.w2) |
        (this.w3 & other.w3) |
        (this.w4 & other.w4) |
        (this.w5 & other.w5) |
        (this.w6 & other.w6) |
        (this.w7 & other.w7)) !==
      0
    );
  }
}
