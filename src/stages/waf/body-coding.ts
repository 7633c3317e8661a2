import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Uninspected } from './verdicts.ts';

/** A body without its codings, as far as they could be undone. */
export interface Inflated {
  readonly bytes: Uint8Array;
  readonly problem: Extract<Uninspected, 'coding' | 'inflated'> | null;
}

const MAX_CODINGS = 3;
/** What there is of a body that cannot be decoded. */
const NOTHING = new Uint8Array(0);

/** What a coding hid, and how many bytes of what was received it took. */
interface Undone {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

type Undo = (bytes: Uint8Array, maxBytes: number, isPartial: boolean) => Undone;

/** Asks node:zlib for how far it read as well; its types do not know. */
const TOLD = { info: true } as const;
const told = (result: unknown): Undone => result as Undone;

/** THE TABLE of codings (RFC 9110, 8.4.1) that can be undone. */
const CODINGS: Readonly<Record<string, Undo>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: (bytes, maxOutputLength, isPartial) => {
    // Some send it without the frame that RFC 1950 asks for.
    const isFramed = bytes.length > 1 && ((bytes[0] as number) & 0x0f) === 8 && framed(bytes) % 31 === 0;
    const options = { maxOutputLength, ...flushOf(isPartial), ...TOLD };
    return told(isFramed ? inflateSync(bytes, options) : inflateRawSync(bytes, options));
  },
  br: (bytes, maxOutputLength, isPartial) => {
    const flush = isPartial ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {};
    return told(brotliDecompressSync(bytes, { maxOutputLength, ...flush, ...TOLD }));
  },
  zstd: (bytes, maxOutputLength, isPartial) => {
    const flush = isPartial ? { finishFlush: constants.ZSTD_e_flush } : {};
    return told(zstdDecompressSync(bytes, { maxOutputLength, ...flush, ...TOLD }));
  },
  identity: (bytes) => ({ buffer: bytes, engine: { bytesWritten: bytes.length } }),
};

function gunzip(bytes: Uint8Array, maxOutputLength: number, isPartial: boolean): Undone {
  return told(gunzipSync(bytes, { maxOutputLength, ...flushOf(isPartial), ...TOLD }));
}

const framed = (bytes: Uint8Array): number => ((bytes[0] as number) << 8) | (bytes[1] as number);

function flushOf(isPartial: boolean): { finishFlush?: number } {
  return isPartial ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
}

/**
 * Undoes the codings of a body, the last one first, up to a bound.
 *
 * Safety: what cannot be undone whole is said to be a problem, and never passes for all there is. Bytes behind the end of what was
 * coded are one, too: another reader may go on with them, as with a second frame of zstd or a member of gzip behind zeros.
 */
export function inflate(
  received: Uint8Array,
  field: string | null,
  limitBytes: number,
  isPartial: boolean,
): Inflated {
  const bytes = received.length > limitBytes && field === null ? received.subarray(0, limitBytes) : received;
  if (field === null) return { bytes, problem: null };
  const codings = field.split(',').map((word) => word.trim().toLowerCase());
  // Empty elements of a list count for nothing (RFC 9110, 5.6.1).
  const named = codings.filter((word) => word !== '');
  if (named.length === 0 || named.length > MAX_CODINGS) return { bytes, problem: 'coding' };
  let plain = bytes;
  for (const coding of named.reverse()) {
    const undo = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
    if (undo === undefined) return { bytes: plain, problem: 'coding' };
    try {
      const { buffer, engine } = undo(plain, limitBytes, isPartial);
      const isWhole = engine.bytesWritten === plain.length;
      plain = buffer;
      if (!isWhole && !isPartial) return { bytes: plain, problem: 'coding' };
    } catch (error) {
      const isLong = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
      return { bytes: NOTHING, problem: isLong ? 'inflated' : 'coding' };
    }
  }
  return { bytes: plain, problem: null };
}
