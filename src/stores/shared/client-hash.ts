/**
 * Hashes scope and client into two words at `out[at]`, never both zero.
 *
 * Shape: HalfSipHash-1-3 with 64 bits of output over UTF-16 units, two to a block, then both lengths.
 * Cost: no allocation; one round per two characters.
 * Safety: clients choose their keys (IPv6 prefixes, subjects), so the mix is keyed and has no collisions that hold
 * for every key, as multiply-and-shift hashes have. Two keys with equal words would share a counter: 2^-64 per pair.
 * Source: Aumasson and Bernstein, https://github.com/veorq/SipHash (halfsiphash.c).
 */
export function hashClient(
  key0: number,
  key1: number,
  scope: string,
  client: string,
  out: Int32Array,
  at: number,
): void {
  const scopeBlocks = (scope.length + 1) >> 1;
  const blocks = scopeBlocks + ((client.length + 1) >> 1);
  let v0 = key0;
  let v1 = key1 ^ 0xee;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  // Two blocks of lengths, then three rounds before each word of output.
  for (let i = 0; i < blocks + 8; i++) {
    let block = 0;
    if (i < scopeBlocks) block = blockOf(scope, i << 1);
    else if (i < blocks) block = blockOf(client, (i - scopeBlocks) << 1);
    else if (i === blocks) block = scope.length;
    else if (i === blocks + 1) block = client.length;
    else if (i === blocks + 2) v2 ^= 0xee;
    else if (i === blocks + 5) {
      out[at] = v1 ^ v3;
      v1 ^= 0xdd;
    }
    v3 ^= block;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= block;
  }
  // Zero marks a free place.
  out[at + 1] = v1 ^ v3 || 1;
}

function blockOf(text: string, at: number): number {
  const high = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
  return text.charCodeAt(at) | (high << 16);
}
