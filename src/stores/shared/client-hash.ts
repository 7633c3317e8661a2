/** Scopes whose keys a thread remembers; they come from the configuration, so reloads alone add to them. */
const MAX_SCOPES = 4096;

/** Hashes scope and client of a hit into two words at `out[at]`, the second never 0. */
export type HashClient = (scope: string, client: string, out: Int32Array, at: number) => void;

/**
 * Makes the hash of a table from its random key.
 *
 * Shape: the hash of the scope is the key for the hash of the client.
 * Cost: no allocation for a known scope; one round per two characters of the client.
 * Safety: clients choose their keys (IPv6 prefixes, subjects), so the mix is keyed and has no collisions that hold
 * for every key, as multiply-and-shift hashes have. Two clients with equal words would share a counter: 2^-64 a pair.
 */
export function createClientHash(key0: number, key1: number): HashClient {
  const scopes = new Map<string, Int32Array>();
  const keyOf = (scope: string): Int32Array => {
    const key = new Int32Array(2);
    hashText(key0, key1, scope, key, 0);
    if (scopes.size >= MAX_SCOPES) scopes.clear();
    scopes.set(scope, key);
    return key;
  };
  return (scope, client, out, at) => {
    const key = scopes.get(scope) ?? keyOf(scope);
    hashText(key[0] as number, key[1] as number, client, out, at);
  };
}

/**
 * Hashes a text with a key: HalfSipHash-1-3 with 64 bits of output over UTF-16 units, two to a block, then the length.
 *
 * Source: Aumasson and Bernstein, https://github.com/veorq/SipHash (halfsiphash.c).
 */
function hashText(key0: number, key1: number, text: string, out: Int32Array, at: number): void {
  const blocks = (text.length + 1) >> 1;
  let v0 = key0;
  let v1 = key1 ^ 0xee;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  // After the length, three rounds before each word of output.
  for (let i = 0; i < blocks + 7; i++) {
    let block = 0;
    if (i < blocks) block = blockOf(text, i << 1);
    else if (i === blocks) block = text.length;
    else if (i === blocks + 1) v2 ^= 0xee;
    else if (i === blocks + 4) {
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
