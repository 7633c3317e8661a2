import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlgorithm } from '../../src/lib/jose/algorithms.ts';
import { findSigner } from '../../src/stages/authentication/jwt.ts';
import { parseJws } from '../../src/stages/authentication/jwt-token.ts';
import { parseJwks } from '../../src/stores/keysets/jwks.ts';

const folder = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');
const file = join(folder, 'jose/json_web_signature_test.json');

interface Jwk {
  readonly kty: string;
  readonly [member: string]: unknown;
}

interface Group {
  readonly comment: string;
  readonly public?: Jwk;
  readonly private?: Jwk;
  readonly tests: readonly { tcId: number; comment: string; jws: unknown; result: 'valid' | 'invalid' }[];
}

/** Valid vectors that our rules refuse on purpose. */
const STRICTER: ReadonlyMap<number, string> = new Map([
  [346, 'the key is bound to PS256, the token says PS384'],
  [347, 'the key is bound to ES521, which is not an algorithm'],
  [350, 'the key is bound to PS256, the token says PS384'],
  [351, 'the key is bound to ES521, which is not an algorithm'],
  [372, 'a character outside of base64url in the header'],
  [373, 'a character outside of base64url in the payload'],
]);

/**
 * Vectors called invalid whose text is that of valid vector 357 to the letter: their padding was lost in the file.
 * The padded text is refused in `jwt.test.ts`.
 */
const SAME_AS_VALID: ReadonlySet<number> = new Set([367, 370]);

/** The public half of a key as an issuer would publish it; a secret stays one. */
function published(group: Group): Jwk {
  const jwk = group.public ?? (group.private as Jwk);
  if (jwk.kty === 'oct') return jwk;
  const { kty, kid, alg, use, key_ops, n, e, crv, x, y } = jwk;
  return Object.fromEntries(
    Object.entries({ kty, kid, alg, use, key_ops, n, e, crv, x, y }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as unknown as Jwk;
}

/** Whether the signature is accepted, by what a request with this token would go through. */
function isAccepted(jws: unknown, group: Group): boolean {
  if (typeof jws !== 'string') return false;
  const token = parseJws(jws);
  if (typeof token === 'string' || !isAlgorithm(token.alg)) return false;
  const keys = parseJwks({ keys: [published(group)] }, true)?.keys ?? [];
  const named = token.kid === '' ? keys : keys.filter((key) => key.kid === '' || key.kid === token.kid);
  return typeof findSigner(token, named) !== 'string';
}

if (!existsSync(file)) {
  test.skip(`skipped the 401 JWS vectors of Wycheproof: set PORTCULLIS_CORPORA, ${file} is not there`, () => {});
} else {
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { testGroups: readonly Group[] };
  describe('JWS vectors of Wycheproof', () => {
    const rows = testGroups.flatMap((group) =>
      group.tests.map(
        ({ tcId, comment, jws, result }) => [tcId, group.comment, comment, result, jws, group] as const,
      ),
    );
    test.each(rows)('%i %s %s is %s', (tcId, _group, _comment, result, jws, group) => {
      if (SAME_AS_VALID.has(tcId)) {
        expect(jws).toBe(group.tests.find((vector) => vector.tcId === 357)?.jws);
        return;
      }
      expect(isAccepted(jws, group)).toBe(result === 'valid' && !STRICTER.has(tcId));
    });
  });
}

interface Example {
  readonly title: string;
  readonly input: { readonly key?: Jwk | readonly Jwk[] };
  readonly output: { readonly compact?: string; readonly json?: unknown; readonly json_flat?: unknown };
}

const published7520 = (key: Jwk): Jwk => published({ comment: '', private: key, tests: [] });

for (const [name, path] of [
  ['RFC 7520', 'jose/jws'],
  ['RFC 8037', 'jose/curve25519'],
  ['RFC 7797', 'jose/rfc7797'],
] as const) {
  const examples = join(folder, path);
  if (!existsSync(examples)) {
    test.skip(`skipped the examples of ${name}: set PORTCULLIS_CORPORA, ${examples} is not there`, () => {});
    continue;
  }
  const rows = readdirSync(examples)
    .filter((entry) => entry.endsWith('.json'))
    .map((entry) => JSON.parse(readFileSync(join(examples, entry), 'utf8')) as Example)
    .filter(
      ({ input, output }) => output !== undefined && input.key !== undefined && !Array.isArray(input.key),
    )
    .filter(({ output }) => output.compact !== undefined || output.json !== undefined)
    .map((example) => [example.title, example] as const);
  describe(`signed messages of ${name}`, () => {
    test.each(rows)('%s', (title, { input, output }) => {
      const group = { comment: title, public: published7520(input.key as Jwk), tests: [] };
      if (output.compact !== undefined)
        // Neither payloads that are elsewhere nor extensions are understood.
        expect(isAccepted(output.compact, group)).toBe(name !== 'RFC 7797' && !output.compact.includes('..'));
      // RFC 7519, section 3: a token is in the compact form, always.
      for (const other of [output.json, output.json_flat])
        expect(isAccepted(JSON.stringify(other ?? ''), group)).toBe(false);
    });
  });
}
