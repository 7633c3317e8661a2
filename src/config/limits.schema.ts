import { z } from 'zod';
import { DAY_MS } from '../lib/time/day.ts';

/** The `limits` block: what a client may cost before anything is known about it. */
export const limitsSchema = z
  .strictObject({
    headerBytes: z
      .int()
      .min(1024)
      .max(262_144)
      .default(16_384)
      .describe('Bytes of all header lines of a request.'),
    headerCount: z.int().min(8).max(2000).default(100).describe('Number of header lines of a request.'),
    targetBytes: z.int().min(256).max(65_536).default(8192).describe('Bytes of path and query of a request.'),
    headerTimeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe('Milliseconds until the header of a request must be complete.'),
    bodyIdleMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe('Milliseconds that a request body may pause.'),
    bodyMinBytesPerS: z
      .int()
      .min(0)
      .max(1_048_576)
      .default(240)
      .describe(
        'Bytes per second that a request body must reach after its first ten seconds; 0 asks for none.',
      ),
    keepAliveMs: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(65_000)
      .describe('Milliseconds that an idle connection stays open for the next request.'),
    connectionsPerAddress: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1024)
      .describe('Connections that one client address may hold open, per thread.'),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe('Connections that may be open in all, per thread.'),
    drainMs: z
      .int()
      .min(0)
      .max(DAY_MS)
      .default(10_000)
      .describe('Milliseconds that requests under way get when the gateway stops.'),
  })
  .describe('Bounds on what a client may send, and how slowly.');

const WEAK_PATH = 'Weak: the upstream may read another path than the one that was checked.';

/** The `paths` block: spellings that servers read in different ways. */
export const pathsSchema = z
  .strictObject({
    encodedSlash: z
      .enum(['reject', 'keep'])
      .default('reject')
      .describe(`\`%2F\` in a path. \`keep\` passes it on. ${WEAK_PATH}`),
    backslash: z
      .enum(['reject', 'slash'])
      .default('reject')
      .describe(`A backslash in a path; \`slash\` reads it as one. ${WEAK_PATH}`),
    semicolon: z
      .enum(['reject', 'keep'])
      .default('reject')
      .describe(`\`;\` in a path. \`keep\` passes it on. ${WEAK_PATH}`),
    matchCase: z
      .enum(['fold', 'exact'])
      .default('fold')
      .describe(
        'Whether paths of APIs and endpoints match in any case. Many frameworks serve `/Search` as `/search`, which would go round the limits of `exact`.',
      ),
  })
  .describe('What to do with paths that two servers could read differently.');

/** The `timeouts` block; every field may stand in `defaults`, an API or an endpoint. */
export const timeoutsSchema = z
  .strictObject({
    connectMs: z
      .int()
      .min(10)
      .max(600_000)
      .default(3000)
      .describe('Milliseconds until a connection to the upstream must stand.'),
    firstByteMs: z
      .int()
      .min(10)
      .max(3_600_000)
      .default(30_000)
      .describe('Milliseconds until the answer must begin.'),
    idleMs: z
      .int()
      .min(10)
      .max(3_600_000)
      .default(60_000)
      .describe('Milliseconds that the answer may pause.'),
  })
  .describe('How long the upstream may take.');

export const retriesSchema = z
  .int()
  .min(0)
  .max(5)
  .default(1)
  .describe('Attempts after the first, for idempotent methods and only while the client got nothing.');
