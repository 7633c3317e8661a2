import { z } from 'zod';
import { parseRedisUrl } from '../stores/redis/redis-url.ts';
import { isPostgresUrl, parsePostgresUrl } from '../stores/sql/postgres-url.ts';
import { portSchema } from './listener.schema.ts';

const MIB = 1_048_576;
const COUNTERS_URL =
  'Write `memory:`, `redis://host:6379/0`, `rediss://…`, or `redis+cluster://host:6379,host:6379`; user and password have keys of their own.';

const LOOPBACK = /^(?:localhost|::1|127(?:\.(?:0|[1-9]\d{0,2})){3})$/;

/** Whether an address to listen on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The `admin` block. */
export const adminSchema = z
  .strictObject({
    host: z
      .string()
      .refine(
        isLoopback,
        'The admin listener stays on loopback: write 127.0.0.1, and reach it from elsewhere through a tunnel.',
      )
      .default('127.0.0.1')
      .describe('Loopback address of the admin API.'),
    port: portSchema.default(9443).describe('TCP port of the admin API; 0 takes any free one.'),
  })
  .describe('The admin listener: health, metrics, admin API.');

const storeUrlSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = storeUrlProblem(text);
    if (message !== '') issues.addIssue({ code: 'custom', message });
  })
  .optional()
  .describe(
    'Where keys, usage and recent decisions are kept: `sqlite:FILE` for one gateway, ' +
      '`postgres://user@host:5432/database` for several; `sqlite:<dataDir>/portcullis.db` when absent.',
  );

function storeUrlProblem(text: string): string {
  if (/^sqlite:.+$/.test(text)) return '';
  if (!isPostgresUrl(text)) {
    return 'Write a file, such as `sqlite:./portcullis.db`, or `postgres://user@host:5432/database`.';
  }
  const parsed = parsePostgresUrl(text);
  return 'problem' in parsed ? `The URL of the database is not valid. ${parsed.problem}` : '';
}

const DEFAULT_STALE_S = 50;

/** The `store` block. */
export const storeSchema = z
  .strictObject({
    url: storeUrlSchema,
    password: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe('Password of the PostgreSQL user, as a reference such as `${env:DB_PASSWORD}`.'),
    connections: z
      .int()
      .min(2)
      .max(100)
      .default(8)
      .describe(
        'Number of connections to PostgreSQL that one gateway uses for records at most, besides two of its own.',
      ),
    nodeName: z
      .string()
      .regex(
        /^[A-Za-z0-9._-]{0,63}$/,
        'A node name has up to 63 letters, digits, dots, hyphens and underscores.',
      )
      .default('')
      .describe('Name of this gateway among those on one PostgreSQL; that of the machine when empty.'),
    maxStaleS: z
      .int()
      .min(10)
      .max(3600)
      .default(DEFAULT_STALE_S)
      .describe(
        'Seconds after which a gateway that cannot reach PostgreSQL answers requests with API keys with 503, because a ' +
          'key may have been revoked. More than 55 is weak: revocations take longer than a minute then.',
      ),
  })
  .describe('The database of the gateway.');

const leaseSchema = z
  .strictObject({
    share: z
      .number()
      .min(0.001)
      .max(0.5)
      .default(0.1)
      .describe(
        'Part of what is left of a limit that a thread takes ahead, from 0.001 to 0.5. More means fewer questions to Redis, and more that one thread may hold while another has to refuse.',
      ),
    forMs: z
      .int()
      .min(50)
      .max(5000)
      .default(1000)
      .describe('Milliseconds after which what was taken ahead and not used is given back.'),
  })
  .describe(
    'Slices of limits that are taken ahead where `counting` is `leased`. `portcullis check` prints the bounds that follow.',
  );

/** The `counters` block. */
export const countersSchema = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, issues) => {
        if (text !== 'memory:' && parseRedisUrl(text) === null)
          issues.addIssue({ code: 'custom', message: COUNTERS_URL });
      })
      .default('memory:')
      .describe(
        'Where requests are counted, and used tokens, DPoP proofs and signatures are remembered: `memory:` is exact across the threads of one gateway, `redis://host:6379` across all gateways that share it (`rediss:` with TLS, `redis+cluster://a,b,c` for a cluster).',
      ),
    username: z.string().min(1).max(256).optional().describe('User of Redis; the default one when absent.'),
    password: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe('Password of the Redis user, as a reference such as `${env:REDIS_PASSWORD}`.'),
    timeoutMs: z
      .int()
      .min(1)
      .max(5000)
      .default(20)
      .describe(
        'Milliseconds that a request waits for Redis before `onFailure`, or `onUnavailable` of the limit, decides.',
      ),
    onFailure: z
      .enum(['refuse', 'local'])
      .default('refuse')
      .describe(
        'What happens to requests whose tokens and proofs are remembered in Redis while it cannot be used: `refuse` answers 503. `local` is weak: the memory of each gateway decides alone, so a token may be used once at every one of them.',
      ),
    lease: leaseSchema.prefault({}),
    clients: z
      .int()
      .min(1000)
      .max(40_000_000)
      .default(1_000_000)
      .describe(
        'Number of limited clients, each in each scope of limits, that fit into memory at once: 209 bytes each, as they come. When ' +
          'more come, those are forgotten that used the least of their limits; one at its limit never is, so a ' +
          'client for whom there is no place then is refused with 503.',
      ),
    replayEntries: z
      .int()
      .min(1000)
      .max(100_000_000)
      .default(500_000)
      .describe(
        'Number of used tokens, proofs and signatures that are remembered at once, 49 bytes each. When all of them still matter, new ones are refused with 503.',
      ),
    logins: z
      .int()
      .min(1000)
      .max(5_000_000)
      .default(32_768)
      .describe('Number of addresses whose failed logins fit into memory at once.'),
    watchedClients: z
      .int()
      .min(1000)
      .max(5_000_000)
      .default(16_384)
      .describe(
        'Number of clients whose behaviour fits into memory at once, a KiB each as they come. When more come, those are forgotten that did nothing for longest; one that is kept out never is.',
      ),
  })
  .describe('What is counted and remembered for a while.');

/** The `geo` block. */
export const geoSchema = z
  .strictObject({
    database: z
      .string()
      .min(1)
      .optional()
      .describe(
        'MMDB file with the countries of IPv4 and IPv6 addresses; the one that comes with Portcullis when absent. ' +
          'Relative to this file; read again when it changes.',
      ),
  })
  .describe('Where addresses come from.');

/** The `journal` block. */
export const journalSchema = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .optional()
      .describe('File with one record per request; `<dataDir>/journal.jsonl` when absent.'),
    maxBytes: z
      .int()
      .min(MIB)
      .max(1024 * 1024 * MIB)
      .default(256 * MIB)
      .describe('Bytes after which a new file is begun.'),
    keepFiles: z.int().min(1).max(1000).default(4).describe('Number of full files that are kept.'),
    onFailure: z
      .enum(['refuse', 'continue'])
      .default('refuse')
      .describe(
        'What happens to requests while the journal cannot be written. `continue` is weak: they pass without a record.',
      ),
  })
  .describe('The record of every request.');
