/** Powers of 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1, and their logarithms (ISO/IEC 18004, section 7.5.2). */
const POWERS = new Uint8Array(512);
const LOGARITHMS = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  POWERS[exponent] = value;
  POWERS[exponent + 255] = value;
  LOGARITHMS[value] = exponent;
  value = value < 128 ? value << 1 : (value << 1) ^ 0x11d;
}

const at = (list: Uint8Array, index: number): number => list[index] as number;

function multiply(one: number, other: number): number {
  if (one === 0 || other === 0) return 0;
  return at(POWERS, at(LOGARITHMS, one) + at(LOGARITHMS, other));
}

/** Coefficients of the generator polynomial without the leading 1, the highest power first. */
function generator(degree: number): Uint8Array {
  const coefficients = new Uint8Array(degree);
  coefficients[degree - 1] = 1;
  for (let factor = 0; factor < degree; factor++) {
    for (let index = 0; index < degree; index++) {
      const next = index + 1 < degree ? at(coefficients, index + 1) : 0;
      coefficients[index] = multiply(at(coefficients, index), at(POWERS, factor)) ^ next;
    }
  }
  return coefficients;
}

/** The error correction codewords of a block. */
export function errorCorrection(data: Uint8Array, count: number): Uint8Array {
  const coefficients = generator(count);
  const remainder = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ at(remainder, 0);
    remainder.copyWithin(0, 1);
    remainder[count - 1] = 0;
    for (let index = 0; index < count; index++) {
      remainder[index] = at(remainder, index) ^ multiply(at(coefficients, index), factor);
    }
  }
  return remainder;
}
