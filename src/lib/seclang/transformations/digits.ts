/** What a character is as a hexadecimal digit; -1 for what is none. */
export const HEX_VALUE: Int8Array = Int8Array.from({ length: 256 }, (_, code) => {
  const text = String.fromCharCode(code);
  return /[0-9a-fA-F]/.test(text) ? Number.parseInt(text, 16) : -1;
});

export function isHexAt(bytes: Uint8Array, at: number, length: number): boolean {
  return at < length && (HEX_VALUE[bytes[at] as number] as number) >= 0;
}

/** Whether `count` hexadecimal digits stand at a place. */
export function areHexAt(bytes: Uint8Array, at: number, count: number, length: number): boolean {
  for (let each = at; each < at + count; each++) if (!isHexAt(bytes, each, length)) return false;
  return true;
}

/** The byte of two hexadecimal digits that are known to be there. */
export function hexByteAt(bytes: Uint8Array, at: number): number {
  return ((HEX_VALUE[bytes[at] as number] as number) << 4) | (HEX_VALUE[bytes[at + 1] as number] as number);
}

export function isOctal(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x37;
}

/** How many octal digits stand at a place, three at most. */
export function octalDigitsAt(bytes: Uint8Array, at: number, length: number): number {
  let count = 0;
  while (count < 3 && at + count < length && isOctal(bytes[at + count])) count++;
  return count;
}

export function octalValueAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let each = at; each < at + count; each++) value = value * 8 + (bytes[each] as number) - 0x30;
  return value & 0xff;
}

const FULL_WIDTH_OFFSET = 0x20;

/**
 * The byte that stands for a character of 16 bits: its lower half, and for the full-width forms of ASCII the letter itself.
 */
export function narrowed(low: number, isFullWidth: boolean): number {
  return isFullWidth && low > 0 && low < 0x5f ? low + FULL_WIDTH_OFFSET : low;
}

/** Whether two digits at a place are `ff`, the upper half of full-width forms. */
export function isFfAt(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] as number) | 0x20) === 0x66 && ((bytes[at + 1] as number) | 0x20) === 0x66;
}
