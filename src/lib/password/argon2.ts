import { argon2, timingSafeEqual } from 'node:crypto';

/** What one Argon2id computation costs (RFC 9106, section 3.1). */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106, section 4: the second recommended option, for where 2 GiB per computation are too much. */
export const RECOMMENDED_COST: HashCost = { memoryKib: 65_536, passes: 3, lanes: 4 };

const SALT_BYTES = 16;
const TAG_BYTES = 32;
const FORM =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;
/** What a stored hash may ask for at most: whoever can write one must not be able to exhaust the memory with it. */
const MAX_KIB = 1_048_576;

interface Encoded extends HashCost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** Derives the tag on a thread of the pool, off the event loop. */
function derive(password: string, salt: Buffer, cost: HashCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      {
        message: Buffer.from(password, 'utf8'),
        nonce: salt,
        memory: cost.memoryKib,
        passes: cost.passes,
        parallelism: cost.lanes,
        tagLength: TAG_BYTES,
      },
      (error, tag) => (error === null ? resolve(tag) : reject(error)),
    );
  });
}

function parseEncoded(encoded: string): Encoded | null {
  const match = FORM.exec(encoded);
  if (match === null) return null;
  const [, m, t, p, salt, tag] = match as unknown as [string, string, string, string, string, string];
  const cost = { memoryKib: Number(m), passes: Number(t), lanes: Number(p) };
  if (cost.memoryKib > MAX_KIB || cost.passes < 1 || cost.lanes < 1 || cost.memoryKib < 8 * cost.lanes) {
    return null;
  }
  return { ...cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

/**
 * Hashes a password with Argon2id, encoded as a PHC string that carries its own parameters.
 *
 * Cost: what `cost` says; the recommended one takes 64 MiB and 0.15 s of a processor.
 */
export async function hashPassword(
  password: string,
  cost: HashCost,
  randomBytes: (size: number) => Buffer,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return encode(cost, salt, await derive(password, salt, cost));
}

/** A hash that no password is known to have, made without a computation: to compare with what there is no hash for. */
export function decoyHash(cost: HashCost, randomBytes: (size: number) => Buffer): string {
  return encode(cost, randomBytes(SALT_BYTES), randomBytes(TAG_BYTES));
}

function encode({ memoryKib, passes, lanes }: HashCost, salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Whether the password has the encoded hash; false for an encoding that cannot be read. */
export async function matchesPassword(password: string, encoded: string): Promise<boolean> {
  const stored = parseEncoded(encoded);
  if (stored === null) return false;
  return timingSafeEqual(await derive(password, stored.salt, stored), stored.tag);
}

/** Whether the hash was made with another cost than the one in force. */
export function isOfOtherCost(encoded: string, cost: HashCost): boolean {
  const stored = parseEncoded(encoded);
  return (
    stored === null ||
    stored.memoryKib !== cost.memoryKib ||
    stored.passes !== cost.passes ||
    stored.lanes !== cost.lanes
  );
}
