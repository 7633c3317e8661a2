const POLYNOMIAL = 0x1021;
const SLOTS = 16_384;

/** CRC-16 of one byte in the upper half of a register, for all bytes. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
  return crc;
});

/**
 * The slot of a cluster that a key lies in.
 *
 * Source: Redis Cluster specification, "Key distribution model" and "Hash tags".
 */
export function keySlot(key: string): number {
  const bytes = Buffer.from(tagOf(key));
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] as number);
  return crc % SLOTS;
}

/** What is between the first `{` and the first `}` after it, unless that is nothing; else the whole key. */
function tagOf(key: string): string {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}
