import { verify } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { RequestContext } from '../src/core/context.ts';
import type { Check } from '../src/core/stage.ts';
import { createReplayTable } from '../src/stores/shared/replay-table.ts';
import { SharedReplay } from '../src/stores/shared/shared-replay.ts';
import { ISSUER, NOW_MS, PAIRS, request } from '../test/support/authentication-world.ts';
import { jwtWorld } from '../test/support/jwt-world.ts';
import { claims, token } from '../test/support/sign-token.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** What the check of one RS256 token costs, without connections, in microseconds of CPU time. */
export interface TokenLoop {
  /** Verified before; bound to its client. */
  readonly repeatedUs: Spread;
  /** Never seen; bound to its client. */
  readonly newUs: Spread;
  /** The RSA verification of the same new tokens alone, by `node:crypto`. */
  readonly rsaUs: Spread;
  /** The same new tokens by `jwtVerify` of jose, which does less: no replay, no duplicate members. */
  readonly joseUs: Spread;
  /** Within each round. */
  readonly repeatedToJose: Spread;
  readonly newToJose: Spread;
}

const ROUNDS = 12;
const WARM_UP_ROUNDS = 3;
const TOKENS = 300;
const REPEATS = 100;
const AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';

/** Measures the token check beside jose, both on the same new tokens of each round. */
export async function measureTokenLoop(): Promise<TokenLoop> {
  const world = jwtWorld();
  const replay = new SharedReplay(createReplayTable({ entries: 100_000 }), world.clock);
  Object.assign(world.ports, { replay });
  const check = world.checkOf();
  const rounds: { repeated: number; fresh: number; rsa: number; jose: number }[] = [];
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    const tokens = Array.from({ length: TOKENS }, (_, at) => tokenOf(round * TOKENS + at));
    const contexts = tokens.map(contextOf);
    const fresh = await cpuOf(TOKENS, async () => runAll(check, contexts));
    const repeated = await cpuOf(TOKENS * REPEATS, async () => {
      for (let i = 0; i < REPEATS; i++) runAll(check, contexts);
    });
    const signed = tokens.map(partsOf);
    const rsa = await cpuOf(TOKENS, async () => verifySignatures(signed));
    const jose = await cpuOf(TOKENS, () => verifyAll(tokens));
    if (round >= WARM_UP_ROUNDS) rounds.push({ repeated, fresh, rsa, jose });
  }
  return {
    repeatedUs: spreadOf(rounds.map(({ repeated }) => repeated)),
    newUs: spreadOf(rounds.map(({ fresh }) => fresh)),
    rsaUs: spreadOf(rounds.map(({ rsa }) => rsa)),
    joseUs: spreadOf(rounds.map(({ jose }) => jose)),
    repeatedToJose: spreadOf(rounds.map(({ repeated, jose }) => repeated / jose)),
    newToJose: spreadOf(rounds.map(({ fresh, jose }) => fresh / jose)),
  };
}

function tokenOf(serial: number): string {
  const jti = `7f1c4a52-0b5e-4f0e-9d53-${String(serial).padStart(12, '0')}`;
  return token(undefined, claims({ jti, scope: 'orders:read orders:write', roles: ['editor'] }));
}

function contextOf(text: string): RequestContext {
  return request(['Authorization', `Bearer ${text}`, 'User-Agent', AGENT]);
}

function runAll(check: Check, contexts: readonly RequestContext[]): void {
  for (const ctx of contexts) {
    const decision = check.run(ctx);
    if (decision instanceof Promise || decision.reason !== 'request.passed')
      throw new Error('The check did not let a good token pass at once.');
  }
}

/** What is signed, and the signature. */
function partsOf(text: string): readonly [Buffer, Buffer] {
  const at = text.lastIndexOf('.');
  return [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + 1), 'base64url')];
}

function verifySignatures(signed: readonly (readonly [Buffer, Buffer])[]): void {
  for (const [data, signature] of signed) {
    if (!verify('sha256', data, PAIRS.rsa.publicKey, signature)) throw new Error('A good signature failed.');
  }
}

async function verifyAll(tokens: readonly string[]): Promise<void> {
  const options = {
    issuer: ISSUER,
    audience: 'orders',
    algorithms: ['RS256'],
    currentDate: new Date(NOW_MS),
  };
  for (const text of tokens) await jwtVerify(text, PAIRS.rsa.publicKey, options);
}

/** Microseconds of CPU time per token, of all threads of the process: jose verifies on others. */
async function cpuOf(tokens: number, run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / tokens;
}
