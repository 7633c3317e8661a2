import { type JsonLimits, type JsonResult, JsonScanner } from './json-scanner.ts';
import { firstNonUtf8 } from './utf8.ts';

export type { JsonFault, JsonLimits, JsonResult } from './json-scanner.ts';

/** Scanning never waits, so one scanner and its tables serve all documents of a thread. */
const scanner = new JsonScanner();

/**
 * Checks that a body is one JSON text (RFC 8259) that every reader understands alike, within limits.
 *
 * Cost: one pass without recursion after a native look at the encoding; memory only for the keys of open objects.
 * Safety: stricter than `JSON.parse`: no duplicate keys, no byte order mark, no escaped half of a surrogate pair.
 */
export function checkJson(body: Uint8Array, limits: JsonLimits): JsonResult {
  const bad = firstNonUtf8(body);
  return bad < 0 ? scanner.scan(body, limits) : { ok: false, problem: 'utf8', at: bad };
}
